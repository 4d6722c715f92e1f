"""The admin's screens, one module each; importing this package registers them."""
