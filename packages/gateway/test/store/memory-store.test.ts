import { MemoryStore } from '../support/memory-store.ts';
import { storeSuite } from './store-suite.ts';

storeSuite('the memory store', () => new MemoryStore());
