import { base64Bytes, bytesBase64 } from './base64.ts';
import { Series, type SeriesParts } from './series.ts';

// JSON with the values that a run contains and JSON lacks: each is an object with the field `$`, which names its kind.

const arrayTypes = { Uint8Array, Int8Array, Uint32Array, Float32Array, Float64Array } as const;
type ArrayType = keyof typeof arrayTypes;

/** Columns whose values need more than the seven digits of 32 bits: positions on the x axis. */
const wideColumns: readonly string[] = ['step', 'elapsedSeconds', 'time'];

/** Returns a state as JSON. */
export const encodeState = (state: unknown): string => JSON.stringify(state, replace);

/** Returns the state that `encodeState` has written. */
export const decodeState = (text: string): unknown => JSON.parse(text, revive);

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : { $: 'number', value: String(value) };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    return { $: value.constructor.name, bytes: bytesBase64(bytes) };
  }
  if (value instanceof Map) return { $: 'Map', entries: [...value] };
  if (value instanceof Series) {
    const { columns, ...parts } = value.parts();
    const narrow = Object.entries(columns).map(([name, values]) => [
      name,
      wideColumns.includes(name) ? values : Float32Array.from(values),
    ]);
    return { $: 'Series', parts: { ...parts, columns: Object.fromEntries(narrow) } };
  }
  // An object of a publisher may have a field of this name.
  return Object.hasOwn(value, '$') ? { $: 'object', entries: Object.entries(value) } : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '$')) return value;
  const { $: kind, ...fields } = value as { $: string; [field: string]: unknown };
  switch (kind) {
    case 'number':
      return Number(fields.value);
    case 'Map':
      return new Map(fields.entries as [unknown, unknown][]);
    case 'Series':
      return Series.of(fields.parts as SeriesParts);
    case 'object':
      return Object.fromEntries(fields.entries as [string, unknown][]);
    default:
      return new arrayTypes[kind as ArrayType](base64Bytes(fields.bytes as string).buffer);
  }
}
