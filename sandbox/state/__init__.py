"""What the sandbox knows between calls: the SQLite file, clock, token, webhooks on their way."""
