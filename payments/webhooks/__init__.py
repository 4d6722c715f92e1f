"""The webhook endpoint: calls one service and answers with a status that tells the truth."""
