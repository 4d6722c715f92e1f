"""The webhook endpoint: parses nothing, calls one service, answers with a status that tells the truth."""
