// Warns before a session ends, which can go on.
{
  const box = document.querySelector("[data-left]"), notice = box.firstElementChild, form = notice.lastElementChild;
  let ends, back;
  const show = told => {
    if (told) ends = told.split(" ").map(s => Date.now() + s * 1e3);
    const left = Math.ceil(Math.max(0, Math.min(...ends) - Date.now()) / 6e4);
    const now = (ends[0] < ends[1] ? "" : "last") + left;
    for (const part of notice.children) part.hidden = !part.dataset.at.split(" ").includes(now);
    notice.hidden = left > 3;
    box.closest("html").style.scrollPaddingBottom = box.offsetHeight + "px";
  };
  box.style = "position:sticky;bottom:0";
  form.lastElementChild.onfocus = e => back = e.relatedTarget;
  form.onsubmit = e => {
    e.preventDefault();
    fetch(form.action, {method: "post", body: new FormData(form)}).then(({headers}) => {
      show(headers.get("Session-Left") || "0 0");
      if (back) back.focus();
    });
  };
  show(box.dataset.left);
  setInterval(show, 5e3);
}
