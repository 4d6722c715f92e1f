"""The webhook endpoint: a middleware in front of the site, which calls one service."""
