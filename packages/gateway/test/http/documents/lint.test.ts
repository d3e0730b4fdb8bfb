import { expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { startGateway } from '../../support/gateway.ts';

/** The rules of `redocly lint` that do not apply to a document. */
const exceptions = {
  'openapi.json': {},
  'asyncapi.json': {
    // AsyncAPI identifies a license by a URL, and the documents contain no URL of another host.
    'info-license-strict': 'off',
    // Tokens are parts of messages, which the security schemes of AsyncAPI cannot describe.
    'security-defined': 'off',
  },
} as const;

/** Returns what `redocly lint` with its strictest rules reports of a document. */
async function problemsOf(source: string, rules: Record<string, 'off'>): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'], rules });
  const problems = await lintFromString({ source, config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}

test.each(Object.entries(exceptions))(
  '`redocly lint` finds no problem in /%s',
  async (name, rules) => {
    const { url } = await startGateway();
    const text = await (await fetch(`${url}/${name}`)).text();
    expect(await problemsOf(text, rules)).toEqual([]);
    expect(await problemsOf(text.replace('"MNIST Training Monitor', '7,"x":"'), rules)).not.toEqual([]);
  },
  60_000,
);
