/** The style sheet of `/docs`; its colours follow the light or dark scheme of the system. */
export const docsStyle = `:root {
  color-scheme: light dark;
  --page: light-dark(#f3f5f9, #0c0f15);
  --surface: light-dark(#ffffff, #141923);
  --border: light-dark(#e1e5ee, #262e3d);
  --text: light-dark(#141924, #e8ecf4);
  --muted: light-dark(#586174, #9ca7ba);
  --link: light-dark(#2b5ce6, #78a4ff);
}
* { box-sizing: border-box; }
body {
  max-width: 1080px;
  margin: 0 auto;
  padding: 24px 16px 64px;
  font: 15px / 1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
  color: var(--text);
  background: var(--page);
}
h1 { margin: 0; font-size: 24px; }
h2 { margin: 40px 0 8px; font-size: 20px; }
h3 { margin: 0 0 4px; font-size: 16px; overflow-wrap: anywhere; }
h4 { margin: 16px 0 4px; font-size: 14px; color: var(--muted); }
p { margin: 4px 0 8px; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav a { margin-right: 16px; }
code { font: 13px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
section {
  margin: 12px 0;
  padding: 16px;
  overflow-x: auto;
  background: var(--surface);
  border: 1px solid var(--border);
  border-radius: 12px;
}
section:target { border-color: var(--link); }
table { width: 100%; margin: 8px 0; border-collapse: collapse; font-size: 14px; }
th, td { padding: 6px 12px 6px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--border); }
th { font-weight: 600; color: var(--muted); border-top: none; }
td p { margin: 0; }
td:last-child > code { white-space: nowrap; }
`;
