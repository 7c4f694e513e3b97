// The time, told again each second, so that ages on the page stay true. One timer for all of it.
class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.now = Date.now();
    }, 1000);
  }
}

export const time = new Clock();
