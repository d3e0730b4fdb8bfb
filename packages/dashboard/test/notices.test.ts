import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

it('the page contains the licence texts of the packages in its bundle', () => {
  const notices = readFileSync(new URL('../page/third-party-notices.txt', import.meta.url), 'utf8');
  expect(notices.match(/^\S+ \d+\.\d+\.\d+ \(.*\)$/gm)).toEqual([
    expect.stringMatching(/^lit-html .* \(BSD-3-Clause\)$/),
    expect.stringMatching(/^uplot .* \(MIT\)$/),
  ]);
  expect(notices).toMatch(/Redistribution and use in source and binary forms/);
  expect(notices).toMatch(/Permission is hereby granted, free of charge/);
});
