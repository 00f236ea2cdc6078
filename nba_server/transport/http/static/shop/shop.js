"use strict";(()=>{})();
//# sourceMappingURL=shop.js.map
