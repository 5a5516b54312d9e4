"""One module a migration, named by its revision. A migration that was released is never changed."""
