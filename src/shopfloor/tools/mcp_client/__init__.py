"""Tools of MCP servers: which servers are attached, what their tools may do here, and the calls to them."""
