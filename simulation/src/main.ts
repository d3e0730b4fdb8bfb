import { installVirtualRuntime } from './virtual-runtime.ts';

installVirtualRuntime();
const { main } = await import('./command.ts');
await main(process.argv.slice(2));
