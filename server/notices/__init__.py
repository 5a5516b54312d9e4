"""Notices: people are told by mail, chat and the like that something waits for them.

The engine writes them down in the very commit of what calls for them (`engines.notices`, `store.notices`). Here they
are sent: `settings` says to whom, `messages` what, `targets` brings it to Apprise, and `sender` does all that, again
where it has failed. A message tells and links; nothing can be decided by it, and no agent has written any of it.
"""
