"""What outside a client starts sessions, or moves those that wait: signed webhooks and schedules.

Whatever happens twice, or at two processes at once, happens once: what is started or delivered has its name
from what it is, made with a key of the database, and the machine takes a name once.
"""
