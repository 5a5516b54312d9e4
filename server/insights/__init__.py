"""What models and agents have proposed, and what people made of it: counted, compared, and given as examples.

`proposals` goes through a session and says of every event what came of it; everything here is read from the audit
alone, and nothing here changes anything.
"""
