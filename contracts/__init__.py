"""What a workflow demands: the file's model, its loading and checking, schemas, guards and unmet requirements."""
