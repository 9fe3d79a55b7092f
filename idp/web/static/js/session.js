// Says three minutes ahead that the session ends, and lets it go on at one press. The server says how long it lasts.
{
  const box = document.querySelector("[data-left]"), notice = box.firstElementChild;
  const form = box.querySelector("form"), root = document.documentElement;
  let rests, ends, before = document.querySelector("main");
  const show = () => {
    const left = Math.max(0, Math.ceil((Math.min(rests, ends) - Date.now()) / 60000));
    for (const line of box.querySelectorAll("[data-at]")) line.hidden = line.dataset.at != left;
    form.hidden = !left || ends <= rests;
    box.querySelector("[data-last]").hidden = !left || !form.hidden;
    notice.hidden = left > 3;
    root.style.scrollPaddingBottom = `${box.offsetHeight}px`;
  };
  const begin = left => {
    [rests, ends] = left.split(" ").map(seconds => Date.now() + seconds * 1000);
    show();
  };
  box.style.cssText = "position: sticky; bottom: 0";
  box.addEventListener("focusin", event => { before = event.relatedTarget || before; });
  form.addEventListener("submit", event => {
    event.preventDefault();
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(answer => {
      begin(answer.ok ? answer.headers.get("Session-Left") : "0 0");
      before.focus();
    });
  });
  begin(box.dataset.left);
  setInterval(show, 5000);
}
