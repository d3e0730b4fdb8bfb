/** A session of W3C WebDriver. */
export interface DriverSession {
  /** Sends a command of the session, such as `POST url`, and resolves with its value. */
  send<Value = unknown>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Value>;
}

/** Starts a session. @param url Address of the driver. */
export async function startSession(url: string, capabilities: object): Promise<DriverSession> {
  const { sessionId } = await request<{ sessionId: string }>(`${url}/session`, 'POST', {
    capabilities: { alwaysMatch: capabilities },
  });
  return { send: (method, path, body) => request(`${url}/session/${sessionId}${path}`, method, body) };
}

/** Resolves with whether a driver at this address can start a session. */
export const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await request<{ ready: boolean }>(`${url}/status`, 'GET')).ready;
  } catch {
    return false;
  }
};

async function request<Value>(url: string, method: string, body?: object): Promise<Value> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

/** Names of keys without a character, with the characters that stand for them in WebDriver. */
const keys: Record<string, string> = {
  Tab: '\uE004',
  Enter: '\uE007',
  Escape: '\uE00C',
  PageUp: '\uE00E',
  PageDown: '\uE00F',
  End: '\uE010',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
  Delete: '\uE017',
  Backspace: '\uE003',
};

/** Returns the actions that press and release each key, given by name. */
export const keyActions = (names: readonly string[]): object => ({
  actions: [
    {
      ...{ type: 'key', id: 'keyboard' },
      actions: names.flatMap((name) => {
        const value = keys[name] ?? name;
        return [
          { type: 'keyDown', value },
          { type: 'keyUp', value },
        ];
      }),
    },
  ],
});

/** Returns the actions that move the mouse over the points with its button pressed. */
export function dragActions(points: readonly (readonly [x: number, y: number])[]): object {
  const moves = points.map(([x, y]) => ({
    ...{ type: 'pointerMove', duration: 0, origin: 'viewport' },
    x: Math.round(x),
    y: Math.round(y),
  }));
  const actions = [
    ...moves.slice(0, 1),
    { type: 'pointerDown', button: 0 },
    ...moves.slice(1),
    { type: 'pointerUp', button: 0 },
  ];
  return { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] };
}
