"""Who may do what with a payment. Django asks these for the actions; our views ask them as well."""

from django.http import HttpRequest

from payments.admin.shared.readonly import ReadOnlyAdmin


class PaymentPermissions(ReadOnlyAdmin):
    """One method for each permission. To add one: its name on the model, a method here."""

    def has_verify_permission(self, request: HttpRequest) -> bool:
        """Ask the gateway about a payment."""
        return request.user.has_perm("payments.verify_payment")

    def has_mark_failed_permission(self, request: HttpRequest) -> bool:
        """Close an open payment as failed."""
        return request.user.has_perm("payments.mark_failed_payment")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Take payments out of the house."""
        return request.user.has_perm("payments.export_payment")

    def has_note_permission(self, request: HttpRequest) -> bool:
        """Leave a note on a payment."""
        return request.user.has_perm("payments.note_payment")

    def has_customer_permission(self, request: HttpRequest) -> bool:
        """Say whose a payment is that was taken in without a customer."""
        return request.user.has_perm("payments.take_in_discrepancy")

    def has_unmask_permission(self, request: HttpRequest) -> bool:
        """See personal data, with a reason that is recorded."""
        return request.user.has_perm("payments.unmask_payment")
