/**
 * Draws the page for paper, whichever way printing is asked for, and for the screen again afterwards. Canvases are drawn
 * before the styles for print apply: theme and width of the paper have to hold by then.
 */
export function listenPrint(draw: () => void): void {
  const { classList, dataset } = document.documentElement;
  let theme: string | undefined;
  addEventListener('beforeprint', () => {
    theme = dataset.theme;
    dataset.theme = 'light';
    classList.add('paper');
    draw();
  });
  addEventListener('afterprint', () => {
    if (theme) dataset.theme = theme;
    else delete dataset.theme;
    classList.remove('paper');
    draw();
  });
}
