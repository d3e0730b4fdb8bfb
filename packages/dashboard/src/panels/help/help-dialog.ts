import { openDialog } from '../../ui/dialog.ts';
import { byId, h } from '../../ui/dom.ts';
import { shortcutGroups } from './shortcuts.ts';

/** Opens the list of what keys and gestures do. */
export function openHelp(): void {
  byId('shortcuts', HTMLElement).replaceChildren(
    ...shortcutGroups.map(({ title, shortcuts }) =>
      h(
        'section',
        {},
        h('h3', {}, title),
        h(
          'dl',
          {},
          ...shortcuts.map(({ keys, does }) =>
            h('div', {}, h('dt', {}, ...keys.map((key) => h('kbd', {}, key))), h('dd', {}, does)),
          ),
        ),
      ),
    ),
  );
  openDialog('help-dialog');
}
