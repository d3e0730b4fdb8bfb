/** Returns the fields of a reply to INFO, such as `redis_version`. */
export const parseInfo = (text: string): Partial<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]));
