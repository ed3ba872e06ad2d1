/**
 * `util.inspect` and `util.format`: the forms that Node prints values in, without colours. What Node shows of its own internals
 * (promises' states, proxies) is not visible to code, and not shown.
 *
 * @module
 */

export interface InspectOptions {
  readonly depth?: number | null;
  readonly maxArrayLength?: number | null;
  readonly breakLength?: number;
  readonly compact?: boolean | number;
  readonly sorted?: boolean;
  readonly showHidden?: boolean;
}

interface State {
  readonly depthMax: number;
  readonly itemsMax: number;
  readonly lineLengthMax: number;
  readonly isSorted: boolean;
  readonly above: readonly object[];
}

const custom: unique symbol = Symbol.for("nodejs.util.inspect.custom");
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const LINE_LENGTH_MAX = 72;

function inspectValue(value: unknown, options: InspectOptions = {}): string {
  return show(value, {
    depthMax: options.depth === null ? Number.POSITIVE_INFINITY : (options.depth ?? 2),
    itemsMax: options.maxArrayLength === null ? Number.POSITIVE_INFINITY : (options.maxArrayLength ?? 100),
    lineLengthMax: options.compact === false ? 0 : Math.min(options.breakLength ?? LINE_LENGTH_MAX, LINE_LENGTH_MAX),
    isSorted: options.sorted ?? false,
    above: [],
  });
}

type Inspect = ((value: unknown, options?: InspectOptions) => string) & {
  readonly custom: symbol;
  readonly defaultOptions: object;
};

export const inspect: Inspect = Object.assign(inspectValue, { custom, defaultOptions: {} });

function show(value: unknown, state: State): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
    case "function":
      return value === null ? "null" : showObject(value, state);
    default:
      return String(value);
  }
}

function quote(text: string): string {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes("`") ? "`" : "'";
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

function showObject(value: object, state: State): string {
  const own: unknown = Reflect.get(value, custom);
  if (typeof own === "function") {
    const shown: unknown = own.call(value, state.depthMax - state.above.length, {}, inspect);
    if (shown !== value) return typeof shown === "string" ? shown : show(shown, state);
  }
  if (state.above.includes(value)) return "[Circular *1]";
  const label = labelOf(value);
  if (state.above.length > state.depthMax)
    return Array.isArray(value) ? "[Array]" : `[${label === "" ? "Object" : label}]`;
  const inner = { ...state, above: [...state.above, value] };
  if (Array.isArray(value))
    return enclose(
      value.length === 0 || label === "" ? "" : `${label}(${value.length}) `,
      showItems(value, inner),
      "[]",
      state,
    );
  const head = showHead(value, inner);
  const properties = showProperties(value, inner);
  if (head.items === undefined && properties.length === 0 && head.text !== undefined) return head.text;
  const before = head.text ?? label;
  return enclose(
    before === "" ? "" : `${before} `,
    [...(head.items ?? []), ...properties],
    head.brackets ?? "{}",
    state,
  );
}

interface Head {
  readonly text?: string;
  readonly items?: readonly string[];
  readonly brackets?: string;
}

function showHead(value: object, state: State): Head {
  const label = labelOf(value);
  if (typeof value === "function") return { text: showFunction(value) };
  if (value instanceof Error) return { text: showError(value) };
  if (value instanceof Date) return { text: Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString() };
  if (value instanceof RegExp) return { text: String(value) };
  if (value instanceof Map) {
    const items = [...value]
      .slice(0, state.itemsMax)
      .map(([key, item]) => `${show(key, state)} => ${show(item, state)}`);
    return { text: sizedLabel(value, "Map"), items };
  }
  if (value instanceof Set) {
    return {
      text: sizedLabel(value, "Set"),
      items: [...value].slice(0, state.itemsMax).map((item) => show(item, state)),
    };
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items: unknown = Reflect.get(value, "length") === undefined ? [] : Array.from(value as Uint8Array);
    return {
      text: `${label}(${value.byteLength})`,
      items: showItems(Array.isArray(items) ? items : [], state),
      brackets: "[]",
    };
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return { text: `[${label}: ${show(value.valueOf(), state)}]` };
  }
  if (value instanceof Promise) return { text: "Promise", items: [] };
  return {};
}

function sizedLabel(value: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>, kind: string): string {
  const name = value.constructor.name;
  return name === kind ? `${kind}(${value.size})` : `${name}(${value.size}) [${kind}]`;
}

/** The class, where it is worth a word. */
function labelOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return "[Object: null prototype]";
  const maker: unknown = Reflect.get(value, "constructor");
  const name = typeof maker === "function" ? maker.name : "";
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  const plain = name === "Object" || (Array.isArray(value) && name === "Array") ? "" : name;
  return typeof tag === "string" && tag !== "" && tag !== name ? `${plain || "Object"} [${tag}]` : plain;
}

function showFunction(value: { readonly name?: unknown }): string {
  const source = Function.prototype.toString.call(value);
  const name = typeof value.name === "string" && value.name !== "" ? value.name : "(anonymous)";
  return source.startsWith("class")
    ? `[class ${name}]`
    : name === "(anonymous)"
      ? "[Function (anonymous)]"
      : `[Function: ${name}]`;
}

function showError(error: Error): string {
  const head = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
  if (stack === "") return `[${head}]`;
  return stack.startsWith(head) ? stack : `${head}\n${stack}`;
}

function showItems(items: readonly unknown[], state: State): string[] {
  const shown: string[] = [];
  let holes = 0;
  const closeGap = (): void => {
    if (holes > 0) shown.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
    holes = 0;
  };
  for (let index = 0; index < items.length && shown.length < state.itemsMax; index++) {
    if (!(index in items)) {
      holes++;
      continue;
    }
    closeGap();
    shown.push(show(items[index], state));
  }
  closeGap();
  const more = items.length - state.itemsMax;
  if (more > 0) shown.push(`... ${more} more item${more > 1 ? "s" : ""}`);
  if (Array.isArray(items)) shown.push(...showProperties(items, state));
  return shown;
}

function showProperties(value: object, state: State): string[] {
  const isList = Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof String;
  const keys = Reflect.ownKeys(value).filter(
    (key) =>
      Object.getOwnPropertyDescriptor(value, key)?.enumerable &&
      !(isList && typeof key === "string" && /^\d+$/.test(key)),
  );
  if (state.isSorted) keys.sort();
  return keys.map((key) => {
    const name = typeof key === "symbol" ? String(key) : IDENTIFIER.test(key) ? key : quote(key);
    return `${name}: ${showProperty(Object.getOwnPropertyDescriptor(value, key), state)}`;
  });
}

function showProperty(property: PropertyDescriptor | undefined, state: State): string {
  if (property?.get !== undefined) return property.set === undefined ? "[Getter]" : "[Getter/Setter]";
  return property?.set === undefined ? show(property?.value, state) : "[Setter]";
}

function enclose(before: string, items: readonly string[], [open, close]: string, state: State): string {
  if (items.length === 0) return `${before}${open}${close}`;
  const line = items.join(", ");
  if (line.length + before.length <= state.lineLengthMax && !line.includes("\n")) {
    return `${before}${open} ${line} ${close}`;
  }
  return `${before}${open}\n  ${items.join(",\n").replaceAll("\n", "\n  ")}\n${close}`;
}

/** As `console.log` puts its arguments together. */
export function format(...values: readonly unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== "string")
    return values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
  let next = 0;
  const text =
    rest.length === 0
      ? first
      : first.replace(/%[sdifjoOc%]/g, (sign) => {
          if (sign === "%%") return "%";
          return next < rest.length ? formatOne(sign, rest[next++]) : sign;
        });
  return [text, ...rest.slice(next).map((value) => (typeof value === "string" ? value : inspect(value)))].join(" ");
}

function formatOne(sign: string, value: unknown): string {
  switch (sign) {
    case "%s":
      return typeof value === "object" && value !== null
        ? inspect(value, { depth: 0 })
        : typeof value === "bigint"
          ? `${value}n`
          : String(value);
    case "%d":
      return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : String(Number(value));
    case "%i":
      return typeof value === "bigint" ? `${value}n` : String(Number.parseInt(String(value), 10));
    case "%f":
      return String(Number.parseFloat(String(value)));
    case "%j":
      return JSON.stringify(value) ?? "undefined";
    case "%c":
      return "";
    default:
      return inspect(value, sign === "%o" ? { depth: 4 } : {});
  }
}
