"""Who may give a task to whom."""

from shopfloor.agents.card import AgentCard
from shopfloor.agents.handoffs import AgentHandoffManager, Handoff
from shopfloor.agents.registry import shipped_cards
from shopfloor.kernel.ids import AgentId

SUPPORT, PEOPLE, ORDERS, PRODUCTS = (
    next(card for card in shipped_cards() if card.id == agent)
    for agent in ("general_support", "human_transfer", "order_management", "product_expert")
)


def handing_to(card: AgentCard, *agents: str) -> AgentCard:
    return card.model_copy(update={"handoffs": tuple(AgentId(agent) for agent in agents)})


def test_an_agent_gets_the_colleagues_on_its_card_with_what_they_do() -> None:
    manager = AgentHandoffManager([PEOPLE, ORDERS])
    assert manager.attach(ORDERS) == (Handoff(to=PEOPLE.id, name="Human Transfer", description=PEOPLE.description),)
    assert manager.attach(PEOPLE) == ()


def test_a_colleague_who_is_not_in_force_is_left_out() -> None:
    assert AgentHandoffManager([ORDERS]).attach(ORDERS) == ()


def test_colleagues_stand_in_the_order_of_the_card() -> None:
    card = handing_to(ORDERS, "product_expert", "nobody", "general_support")
    attached = AgentHandoffManager([SUPPORT, PRODUCTS, card]).attach(card)
    assert [handoff.to for handoff in attached] == ["product_expert", "general_support"]


def test_a_handoff_goes_only_to_whom_the_card_permits() -> None:
    manager = AgentHandoffManager([PEOPLE, ORDERS, PRODUCTS])
    assert manager.resolve(ORDERS, PEOPLE.id) == PEOPLE
    assert manager.resolve(ORDERS, PRODUCTS.id) is None
    assert manager.resolve(handing_to(ORDERS, "nobody"), AgentId("nobody")) is None


def test_the_last_resort_is_an_agent_who_may_call_the_tool() -> None:
    manager = AgentHandoffManager([PRODUCTS, ORDERS, PEOPLE])
    assert manager.last_resort("open_ticket") == PEOPLE
    assert manager.last_resort("unheard_of") is None
    assert AgentHandoffManager([]).last_resort("open_ticket") is None


def test_of_several_who_may_call_the_tool_the_last_resort_is_the_one_that_others_hand_to() -> None:
    claims = PEOPLE.model_copy(update={"id": AgentId("a_claims_agent"), "handoffs": (PEOPLE.id,)})
    assert AgentHandoffManager([claims, ORDERS, PEOPLE]).last_resort("open_ticket") == PEOPLE
    assert AgentHandoffManager([claims]).last_resort("open_ticket") == claims
