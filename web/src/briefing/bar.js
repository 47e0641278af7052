/* The bar beneath the stage, the list of scenes and the help: what the presenter touches, small and out of the story's way. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const INTERVALS_S = [10, 15, 20, 30, 45, 60, 90, 120];

  const HELP = [
    ["→ ↓ PageDown 空格 回车", "下一场景"], ["← ↑ PageUp 退格", "上一场景"], ["Home / End", "首个 / 末个场景"], ["数字 + 回车", "到第几个场景"],
    ["F", "全屏 / 退出全屏"], ["F5", "全屏放映（翻页笔的放映键）"], ["Esc", "关闭弹窗，退出全屏，打开目录"], ["B 或 .", "黑屏 / 恢复"], ["N", "演讲者窗口"],
    ["T", "浅色 / 大屏深色"], ["A", "自动播放"], ["P", "显示已用时间"], ["M", "场景目录"], ["?", "本说明"],
  ];

  class Bar {
    /** act(name) does an action of keys.js, go(index) shows a scene, pace(seconds) sets the interval. */
    constructor(parent, story, { act, go, pace, seconds }) {
      this.story = story;
      const bar = (this.root = make("footer", "bf-bar", parent));
      // A button that was clicked gives the keys back: the next press of the space bar belongs to the story.
      bar.addEventListener("click", (event) => event.detail > 0 && document.activeElement.blur());
      const button = (label, title, action) => {
        const item = make("button", "", bar, label, { type: "button", title, "aria-label": title });
        item.addEventListener("click", () => act(action));
        return item;
      };
      button("‹", "上一场景（←）", "back");
      this.progress = make("ol", "bf-progress", bar);
      story.scenes.forEach((scene, index) => {
        const title = `${index + 1}. ${scene.title}`;
        make("button", "", make("li", "", this.progress), null, { type: "button", title, "aria-label": title, tabindex: "-1" })
          .addEventListener("click", () => go(index));
      });
      button("›", "下一场景（→）", "on");
      this.place = make("span", "bf-place", bar, null, { role: "status" });
      this.time = make("span", "bf-time", bar, null, { title: "已用时间" });
      this.playing = button("自动", "自动播放（A）", "auto");
      this._interval(bar, pace, seconds);
      button("目录", "场景目录（M）", "contents");
      button("讲稿", "演讲者窗口（N）", "present");
      button("深浅", "浅色或大屏深色（T）", "theme");
      button("全屏", "全屏（F）", "full");
      button("?", "键盘操作（?）", "help");
    }

    _interval(bar, pace, seconds) {
      const select = make("select", "bf-pace", bar, null, { "aria-label": "自动播放间隔", title: "自动播放间隔" });
      for (const one of [...new Set([...INTERVALS_S, seconds])].sort((a, b) => a - b)) make("option", "", select, `${one} 秒`, { value: String(one) });
      select.value = String(seconds);
      select.addEventListener("change", () => {
        pace(Number(select.value));
        select.blur();
      });
    }

    /** typed: digits of a scene's number so far. */
    update({ index, auto, typed = "" }) {
      [...this.progress.children].forEach((item, at) => item.classList.toggle("bf-here", at === index));
      this.place.textContent = `${typed ? `→ ${typed}` : index + 1} / ${this.story.scenes.length}`;
      this.playing.setAttribute("aria-pressed", String(Boolean(auto)));
    }
  }

  /** A box over the stage; one at a time. */
  class Over {
    constructor(parent, className, title) {
      this.root = make("section", `bf-over ${className}`, parent, null, { role: "dialog", "aria-label": title, hidden: "" });
      make("h2", "", this.root, title);
    }

    get open() {
      return !this.root.hidden;
    }

    close() {
      if (this.root.contains(document.activeElement)) document.activeElement.blur();
      this.root.hidden = true;
    }

    show() {
      this.root.hidden = false;
      this.root.querySelector("[aria-current], button")?.focus();
    }
  }

  class Contents extends Over {
    constructor(parent, story, go) {
      super(parent, "bf-contents", "场景目录");
      make("p", "bf-subtitle", this.root, story.title);
      const list = make("ol", "", this.root);
      this.items = story.scenes.map((scene, index) => {
        const item = make("button", "", make("li", "", list), null, { type: "button" });
        make("small", "", item, scene.section);
        make("span", "", item, scene.title);
        item.addEventListener("click", () => go(index));
        return item;
      });
      if (!story.problems.length) return;
      make("h3", "", this.root, `需要处理 ${story.problems.length} 项`);
      const problems = make("ul", "bf-problems", this.root);
      const titles = Object.fromEntries(story.scenes.map((scene) => [scene.id, scene.title]));
      for (const { scene, message, fix } of story.problems) {
        make("li", "", problems, [titles[scene] ? `${titles[scene]}：` : "", message, fix].filter(Boolean).join(""));
      }
    }

    update(index) {
      this.items.forEach((item, at) => (at === index ? item.setAttribute("aria-current", "true") : item.removeAttribute("aria-current")));
    }

    /** Up and down move within the list while it is open. */
    move(step) {
      const at = this.items.indexOf(document.activeElement);
      this.items[Math.max(0, Math.min(this.items.length - 1, at + step))]?.focus();
    }
  }

  class Help extends Over {
    constructor(parent) {
      super(parent, "bf-help", "键盘和翻页笔");
      const list = make("dl", "", this.root);
      for (const [keys, what] of HELP) {
        make("dt", "", list, keys);
        make("dd", "", list, what);
      }
    }
  }

  P.briefingBar = { Bar, Contents, Help };
})();
