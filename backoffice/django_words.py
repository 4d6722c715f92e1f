"""What Django says to staff, where its own Korean reads as a machine's.

Named here, these texts are collected into this package's catalogue, which comes before Django's.
English stays as Django has it. What its scripts say stands in `djangojs.po`, which is kept by hand.
To reword another text: a line here, exactly as Django spells it, `make messages`, the wording.
"""

from django.utils.translation import gettext_noop

WORDS = (
    # The admin's frame and lists.
    gettext_noop("Action:"),
    gettext_noop("Run the selected action"),
    gettext_noop("0 of %(cnt)s selected"),
    gettext_noop("Select this object for an action - {}"),
    gettext_noop("Select all objects on this page for an action"),
    gettext_noop(
        "Items must be selected in order to perform actions on them. No items have been changed."
    ),
    gettext_noop("No action selected."),
    gettext_noop("%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?"),
    gettext_noop("All"),
    gettext_noop("Unknown"),
    gettext_noop("Any date"),
    gettext_noop("Toggle navigation"),
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    # Forms.
    gettext_noop("View %s"),
    gettext_noop("Change %s"),
    gettext_noop("History"),
    gettext_noop("Change history: %s"),
    gettext_noop("Save and add another"),
    gettext_noop("Save and continue editing"),
    gettext_noop("Save and view"),
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    gettext_noop("You may edit it again below."),
    gettext_noop("Hold down “Control”, or “Command” on a Mac, to select more than one."),
    gettext_noop("Added."),
    gettext_noop("Changed {fields}."),
    gettext_noop("No fields changed."),
    gettext_noop("and"),
    gettext_noop(
        "This object doesn’t have a change history. It probably wasn’t added via this admin site."
    ),
    gettext_noop("Select a valid choice. %(value)s is not one of the available choices."),
    gettext_noop("Select a valid choice. That choice is not one of the available choices."),
    gettext_noop("%(model_name)s with this %(field_label)s already exists."),
    # People and roles.
    gettext_noop("username"),
    gettext_noop("staff status"),
    gettext_noop("superuser status"),
    gettext_noop("active"),
    gettext_noop("date joined"),
    gettext_noop("last login"),
    gettext_noop("user"),
    gettext_noop("users"),
    gettext_noop("group"),
    gettext_noop("groups"),
    gettext_noop("permission"),
    gettext_noop("permissions"),
    gettext_noop("user permissions"),
    gettext_noop("Important dates"),
    gettext_noop("Designates whether the user can log into this admin site."),
    gettext_noop(
        "Designates whether this user should be treated as active. Unselect this instead of "
        "deleting accounts."
    ),
    gettext_noop(
        "Designates that this user has all permissions without explicitly assigning them."
    ),
    gettext_noop(
        "The groups this user belongs to. A user will get all permissions granted to each of their "
        "groups."
    ),
    gettext_noop("Specific permissions for this user."),
    gettext_noop("A user with that username already exists."),
    gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),
    gettext_noop("Authentication and Authorization"),
)
