// Charts: `[data-chart]` with a Vega-Lite specification inside. Nothing is fetched and no text becomes code: expressions are
// interpreted, and data, pictures and links from elsewhere are refused.
import * as vega from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { themed } from "./chart/theme";
import { visible } from "./dom/visible";

const offline: vega.Loader = {
  load: (uri) => refuse(uri),
  sanitize: (uri) => refuse(uri),
  http: (uri) => refuse(uri),
  file: (uri) => refuse(uri),
};

function refuse(uri: string): Promise<never> {
  return Promise.reject(new Error(`\`${uri}\` is not loaded: charts hold their own data here`));
}

async function draw(place: HTMLElement): Promise<void> {
  // As raw letters, also where the text has escapes for them; names of fields change with what refers to them.
  const text = visible(JSON.stringify(JSON.parse(place.querySelector("script")?.textContent ?? "")));
  const spec = themed(JSON.parse(text) as TopLevelSpec & Record<string, unknown>, place.clientWidth);
  const complaints: string[] = [];
  const say = (...words: unknown[]): void => void complaints.push(words.map(String).join(" "));
  const compiled = compile(spec, { logger: silent(say) }).spec;
  const runtime = vega.parse(compiled, undefined, { ast: true });
  const view = new vega.View(runtime, {
    expr: expressionInterpreter,
    loader: offline,
    logger: silent(say),
    renderer: "canvas",
    hover: true,
  });
  const canvas = document.createElement("div");
  place.append(canvas);
  await view.initialize(canvas).runAsync();
  if (complaints.length > 0) {
    tell(place, complaints[0] ?? "");
  }
}

// Warnings go beside the chart instead of into the console.
function silent(say: (...words: unknown[]) => void): vega.LoggerInterface {
  const logger: vega.LoggerInterface = {
    level: ((value?: number) => (value === undefined ? vega.Warn : logger)) as vega.LoggerInterface["level"],
    error: (...words) => (say(...words), logger),
    warn: (...words) => (say(...words), logger),
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

function tell(place: HTMLElement, problem: string): void {
  const said = document.createElement("p");
  said.className = "muted small";
  said.setAttribute("role", "status");
  said.textContent = `The chart says: ${problem.slice(0, 300)}`;
  place.append(said);
}

for (const place of document.querySelectorAll<HTMLElement>("[data-chart]")) {
  draw(place).catch((problem: unknown) => tell(place, problem instanceof Error ? problem.message : String(problem)));
}
