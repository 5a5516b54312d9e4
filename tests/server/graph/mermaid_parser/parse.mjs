// Parses the mermaid text on standard input; prints its nodes, edges and classes as JSON, or fails with the parser's message.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

globalThis.window = new JSDOM("<!doctype html><body></body>").window;
globalThis.document = window.document;
const mermaid = (await import("mermaid")).default;

const text = readFileSync(0, "utf8");
await mermaid.parse(text);
const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
const nodes = [...diagram.db.getVertices().values()].map(({ id, text, classes }) => ({ id, text, classes }));
const edges = diagram.db.getEdges().map(({ start, end, text, stroke }) => ({ start, end, text, stroke }));
console.log(JSON.stringify({ nodes, edges, classes: [...diagram.db.getClasses().keys()] }));
