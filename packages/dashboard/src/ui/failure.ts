/** How browsers report that code was not downloaded, which is no error of the code. */
const notDownloaded = /dynamically imported module|importing a module script/i;

/** Time for which the notice about code that was not downloaded is shown: enough to read it. */
const noticeMs = 10_000;

/**
 * Shows an error of the page's own scripts above everything else. Without it, a page whose scripts have failed looks as if it waited
 * for data.
 */
function showFailure(error: unknown): void {
  const shown = document.getElementById('failure');
  if (!(error instanceof Error) || (shown && !shown.classList.contains('calm'))) return;
  shown?.remove();
  const isCalm = notDownloaded.test(error.message);
  const notice = document.createElement('p');
  notice.id = 'failure';
  notice.className = isCalm ? 'failure calm' : 'failure';
  notice.setAttribute('role', isCalm ? 'status' : 'alert');
  notice.textContent = isCalm
    ? 'This part of the page could not be loaded. Try again when there is a connection, or reload the page.'
    : `Part of this page has failed, and what it shows may be out of date. Reload the page; if it fails again, report “${error}”.`;
  document.body.prepend(notice);
  if (isCalm) setTimeout(() => notice.remove(), noticeMs);
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
