#!/bin/sh
# A session of a workflow through the command line of the MCP Inspector, which needs Node 22.19.
# Without POINTSMAN_URL it starts a server for every call; with it, it reaches one that runs, with the token in
# POINTSMAN_TOKEN. Run it from the root of the repository.
set -eu

inspect() {
    if [ -n "${POINTSMAN_URL:-}" ]; then
        npx @modelcontextprotocol/inspector --cli "$POINTSMAN_URL" \
            --header "Authorization: Bearer $POINTSMAN_TOKEN" "$@"
    else
        npx @modelcontextprotocol/inspector --cli pointsman serve docs/examples/expense.yaml "$@"
    fi
}

inspect --method tools/list
inspect --method tools/call --tool-name start_expense --tool-arg 'purpose=A chair' amount=90
