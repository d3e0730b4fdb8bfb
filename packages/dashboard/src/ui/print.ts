/**
 * Draws the page for print, whether the page or the browser starts printing, and for the screen again afterwards. Canvases
 * are drawn before the print styles apply, so the light theme and the paper's width have to be set first.
 */
export function listenForPrint(draw: () => void): void {
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
