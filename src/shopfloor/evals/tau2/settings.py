"""How the domain's shop is set: what its policy says, as settings and as a policy of actions."""

from functools import cache
from importlib import resources

from shopfloor.agents.team_data import TeamData, shipped_team
from shopfloor.evals.tau2.importing import CURRENCY
from shopfloor.kernel.yaml_files import read_yaml
from shopfloor.shop.return_policy import ReturnPolicy

POLICY_FILE = "policy.yaml"


@cache
def domain_team() -> TeamData:
    """Return the shipped team, in a shop that takes back all goods for a month, from the countries of the database."""
    team = shipped_team()
    returns = ReturnPolicy(
        exchange_in=("US",),
        exchange_for="variant",
        once_per_order=True,
        refund_to="gift_card",
        difference_to="any",
        label_in=("US",),
    )
    brand = team.brand.model_copy(update={"currency": CURRENCY, "returns": returns})
    return TeamData(cards=team.cards, brand=brand, prompts=team.prompts)


@cache
def domain_policy() -> object:
    """Return the domain's policy, as it is put in force."""
    text = (resources.files(__package__ or "") / POLICY_FILE).read_text("utf-8")
    return read_yaml(text, POLICY_FILE)
