import { html } from 'lit-html';
import type { Panel } from '../ui/panel.ts';

// Replaces `panels/export/export-menu.ts` on the page of a saved file: the exports are read from the gateway.

/** An empty place. */
export const exportMenu: Panel = { render: () => html`` };
