"""Profiles as the people of the shop handle them: shown, corrected and erased for a customer who asks them to."""

from collections.abc import Sequence

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import CustomerId
from shopfloor.profiles.contract import MAX_VALUES, Remembered
from shopfloor.profiles.profile import Profile
from shopfloor.profiles.recollection import Recollection
from shopfloor.profiles.vocabulary import KEYS, checked
from shopfloor.shop.contract import Customers


class ProfileRecords:
    """The profiles of the shop's customers."""

    def __init__(self, recollection: Recollection, customers: Customers, clock: Clock) -> None:
        """Take what recalls customers, who the customers are, and the clock that entries are dated by."""
        self._recollection = recollection
        self._profiles = recollection.profiles
        self._customers = customers
        self._clock = clock

    async def find(self, customer: str) -> CustomerId:
        """Return the customer of an id or an e-mail address.

        Raises:
            NotFound: there is none.
        """
        is_email = "@" in customer
        get = self._customers.get_customer
        known = await (self._customers.find_customer(customer) if is_email else get(CustomerId(customer)))
        if known is None:
            raise NotFound("there is no such customer: give the id or the e-mail address of the account")
        return known.id

    async def show(self, customer_id: CustomerId) -> Profile:
        """Return what is known of a customer.

        Raises:
            NotFound: there is no such customer.
        """
        return await self._recollection.of(await self.find(customer_id))

    async def set(self, customer_id: CustomerId, key: str, values: Sequence[str]) -> Profile:
        """Give a key these values in place of those it has, and return the profile.

        Raises:
            NotFound: there is no such customer.
            InvalidInput: no such key, values that it cannot hold, or more than it can.
        """
        customer = await self.find(customer_id)
        wanted = list(dict.fromkeys(checked(key, value) for value in values))
        most = MAX_VALUES if key in KEYS and KEYS[key].is_list else 1
        if not 1 <= len(wanted) <= most:
            raise InvalidInput(f"{key} takes {'one value' if most == 1 else f'1 to {most} values'}")
        now = self._clock.now()
        for entry in (await self._profiles.recall(customer)).entries:
            if entry.key == key and entry.value not in wanted:
                await self._profiles.forget(customer, key, entry.value, at=now)
        await self._profiles.remember(
            customer, [Remembered(key=key, value=value, origin="staff", at=now) for value in wanted]
        )
        return await self._recollection.of(customer)

    async def forget(self, customer_id: CustomerId, key: str) -> int:
        """Remove a key's values, so that orders and searches do not tell it again, and return how many there were.

        Raises:
            NotFound: there is no such customer.
            InvalidInput: no such key.
        """
        if key not in KEYS:
            raise InvalidInput(f"a profile has no key {key[:60]!r}: use one of {', '.join(KEYS)}")
        return await self._profiles.forget(await self.find(customer_id), key, at=self._clock.now())

    async def erase(self, customer_id: CustomerId) -> int:
        """Remove all that is remembered of a customer for good, and return how many entries that were.

        An id that the shop does not know any more is taken too, so that nothing is left of a customer who is gone.
        """
        return await self._profiles.erase(customer_id, at=self._clock.now())
