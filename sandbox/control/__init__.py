"""/_sandbox: the control API, by which tests and the demo move the sandbox."""
