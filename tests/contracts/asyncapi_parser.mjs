// AsyncAPI's own parser: the document on standard input, the diagnostics on standard output.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Parser } = createRequire(process.argv[2] + "/")("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const found = diagnostics.map(({ code, message, path, severity }) => ({ code, message, path: path.join("."), severity }));
console.log(JSON.stringify({ version: document?.version(), channels: document?.channels().all().length, found }));
