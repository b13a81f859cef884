"""langgraph: a planner's node that sends to two agents' nodes, which run in one superstep; messages are streamed."""

import operator
import warnings
from typing import Annotated, Any, TypedDict

from assignment import KEY, MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import create_react_agent
from langgraph.types import Send
from plan import Plan


class State(TypedDict):
    """What the nodes share."""

    user: str
    plan: Plan
    answers: Annotated[list[str], operator.add]


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    warnings.filterwarnings("ignore")
    model = ChatOpenAI(model=MODEL, base_url=base_url, api_key=KEY, max_retries=0, timeout=60, stream_usage=True)
    planning = model.with_structured_output(Plan, method="json_schema")
    agents = {
        name: create_react_agent(model, [tool(TOOLS[name])], prompt=told, name=name)
        for name, told in SPECIALISTS.items()
    }

    async def planner(state: State) -> dict[str, Any]:
        asked = [("system", PLANNER), ("user", state["user"])]
        return {"plan": await planning.ainvoke(asked, {"tags": ["planner"]})}

    def node(name: str) -> Any:
        async def run(state: dict[str, str]) -> dict[str, Any]:
            done = await agents[name].ainvoke({"messages": [("user", state["task"])]})
            return {"answers": [done["messages"][-1].content]}

        return run

    graph = StateGraph(State)
    graph.add_node("planner", planner)
    graph.add_edge(START, "planner")
    for name in SPECIALISTS:
        graph.add_node(name, node(name))
        graph.add_edge(name, END)
    graph.add_conditional_edges(
        "planner", lambda state: [Send(one.agent, {"task": one.task}) for one in state["plan"].tasks], list(SPECIALISTS)
    )
    compiled = graph.compile()

    async def turn(user: str, emit: Emit) -> str:
        ended: dict[str, Any] = {}
        async for space, mode, data in compiled.astream(
            {"user": user}, stream_mode=["messages", "values"], subgraphs=True
        ):
            if mode == "values":
                ended = ended if space else data
                continue
            message, about = data
            is_planners = "planner" in (about.get("tags") or ())
            if message.type == "AIMessageChunk" and message.content and not is_planners:
                emit(space[0].split(":")[0] if space else "", message.content)
        return "\n".join(ended["answers"])

    return turn
