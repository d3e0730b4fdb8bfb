/**
 * Shows an error of the page's own scripts above everything else. Without it, a page whose scripts have failed looks as if it waited
 * for data.
 */
function showFailure(error: unknown): void {
  if (!(error instanceof Error) || document.getElementById('failure')) return;
  const notice = document.createElement('p');
  notice.id = 'failure';
  notice.className = 'failure';
  notice.setAttribute('role', 'alert');
  notice.textContent = `Part of this page has failed, and what it shows may be out of date. Reload the page; if it fails again, report “${error}”.`;
  document.body.prepend(notice);
}

// Errors of other scripts, such as those of browser extensions, do not concern the page.
addEventListener('error', ({ error, filename }) => {
  if (filename.startsWith(new URL('.', location.href).href)) showFailure(error);
});
addEventListener('unhandledrejection', ({ reason }) => showFailure(reason));

/** Returns whether `Intl` accepts the browser's language, as uPlot requires while it is loaded. */
function hasValidLanguage(): boolean {
  try {
    return Boolean(new Intl.NumberFormat(navigator.language));
  } catch {
    return false;
  }
}

// On a system without a locale, some browsers report the language "C".
if (!hasValidLanguage()) Object.defineProperty(navigator, 'language', { value: 'en-US' });
