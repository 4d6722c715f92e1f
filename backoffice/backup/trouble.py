"""What keeps a backup or a restore from being done, in sentences for whoever runs the command."""


class BackupRefused(Exception):
    """What was asked for makes no sense as things are: nothing was begun."""


class BackupFailed(Exception):
    """It could not be done, and nothing is left of it."""
