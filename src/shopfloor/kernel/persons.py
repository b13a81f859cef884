"""Whose something is: a customer of the shop, or a guest by their e-mail address."""

from dataclasses import dataclass

from shopfloor.kernel.ids import CustomerId


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody of whom something is held."""

    customer_id: CustomerId | None
    """None for a guest."""
    email: str | None
    """None where the shop does not know the customer any more."""

    def owns(self, customer_id: CustomerId | None, email: str | None) -> bool:
        """Whether what names a customer and an address is theirs.

        What names a customer is that customer's and nobody else's, whatever address stands beside; the rest is of
        whoever has the address.
        """
        if customer_id is not None:
            return customer_id == self.customer_id
        return bool(self.email) and bool(email) and email_key(self.email or "") == email_key(email or "")


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().casefold()
