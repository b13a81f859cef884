"""The tree of errors: what a caller can tell apart."""

import pytest

from shopfloor.kernel import errors
from shopfloor.kernel.errors import CallerError, Decision, Refused, ShopfloorError, WorldError


def test_every_error_is_one_of_three_families() -> None:
    every = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ShopfloorError)}
    families = (CallerError, WorldError, Decision)
    for error in every - {ShopfloorError}:
        assert sum(issubclass(error, family) for family in families) == 1, error
    assert every == {
        ShopfloorError,
        *families,
        errors.InvalidInput,
        errors.InvalidFields,
        errors.NotFound,
        errors.Conflict,
        errors.StorageError,
        errors.BrokenStream,
        errors.Unavailable,
        errors.RateLimited,
        errors.BadAnswer,
        errors.Rejected,
        Refused,
    }


@pytest.mark.parametrize(
    ("error", "can_help"), [(errors.Unavailable, True), (errors.StorageError, False), (errors.Rejected, False)]
)
def test_the_worlds_faults_say_whether_trying_again_can_help(error: type[WorldError], can_help: bool) -> None:
    assert error.retryable is can_help


def test_a_refusal_carries_its_rule_and_a_reason_that_a_customer_may_read() -> None:
    refusal = Refused("order.already_shipped", "Order #1 is already on its way.")
    assert (refusal.rule, refusal.reason, str(refusal)) == ("order.already_shipped", refusal.reason, refusal.reason)
