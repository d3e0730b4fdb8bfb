// Writes V8's counters after each test file: the scripts of a file are no longer in memory when the process ends.
import { takeCoverage } from 'node:v8';
import { afterAll } from '@jest/globals';

afterAll(() => takeCoverage());
