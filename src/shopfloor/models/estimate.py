"""About how many model tokens something has, where nobody counted them: no provider's counter runs here."""

from shopfloor.models.contract import ModelRequest

LETTERS_PER_TOKEN = 4


def estimated_tokens(letters: int) -> int:
    """Return about how many model tokens a text has, where nobody counted them."""
    return -(-letters // LETTERS_PER_TOKEN)


def estimated_input(request: ModelRequest) -> int:
    """Return about how many model tokens a request has."""
    letters = len(request.system) + len(request.situation)
    letters += sum(len(message.content) + len(str(message.tool_requests)) for message in request.messages)
    letters += sum(len(tool.name) + len(tool.description) + len(str(tool.parameters)) for tool in request.tools)
    return estimated_tokens(letters)
