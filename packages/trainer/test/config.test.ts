import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

describe('readConfig', () => {
  test('has the defaults of the original: 10 epochs, batch size 512, learning rate 0.01', () => {
    expect(readConfig([], {})).toMatchObject({
      epochs: 10,
      batchSize: 512,
      learningRate: 0.01,
      engine: 'auto',
    });
  });

  test('publishes to this machine unless told otherwise', () => {
    expect(readConfig(['--ingest-port', '6001'], {}).gatewayUrl).toBe('ws://127.0.0.1:6001/ingest');
    const url = 'ws://gateway:5001/ingest';
    expect(readConfig([], { MONITOR_GATEWAY: url }).gatewayUrl).toBe(url);
  });

  test('makes a run id unless one is given', () => {
    expect(readConfig([], {}).runId).toMatch(/^\d{8}-\d{6}-[a-z0-9]{4}$/);
    expect(readConfig(['--run-id', 'mine'], {}).runId).toBe('mine');
  });

  test('takes nothing that is not the trainer’s', () => {
    expect(Object.keys(readConfig([], {}))).not.toContain('port');
  });
});
