var j=globalThis,q=j.ShadowRoot&&(j.ShadyCSS===void 0||j.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,he=Symbol(),Oe=new WeakMap,L=class{constructor(e,t,s){if(this._$cssResult$=!0,s!==he)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(q&&e===void 0){let s=t!==void 0&&t.length===1;s&&(e=Oe.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),s&&Oe.set(t,e))}return e}toString(){return this.cssText}},Le=n=>new L(typeof n=="string"?n:n+"",void 0,he),y=(n,...e)=>{let t=n.length===1?n[0]:e.reduce((s,r,o)=>s+(i=>{if(i._$cssResult$===!0)return i.cssText;if(typeof i=="number")return i;throw Error("Value passed to 'css' function must be a 'css' function result: "+i+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+n[o+1],n[0]);return new L(t,n,he)},Ke=(n,e)=>{if(q)n.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(let t of e){let s=document.createElement("style"),r=j.litNonce;r!==void 0&&s.setAttribute("nonce",r),s.textContent=t.cssText,n.appendChild(s)}},me=q?n=>n:n=>n instanceof CSSStyleSheet?(e=>{let t="";for(let s of e.cssRules)t+=s.cssText;return Le(t)})(n):n;var{is:pn,defineProperty:hn,getOwnPropertyDescriptor:mn,getOwnPropertyNames:fn,getOwnPropertySymbols:gn,getPrototypeOf:bn}=Object,W=globalThis,Ue=W.trustedTypes,yn=Ue?Ue.emptyScript:"",vn=W.reactiveElementPolyfillSupport,K=(n,e)=>n,fe={toAttribute(n,e){switch(e){case Boolean:n=n?yn:null;break;case Object:case Array:n=n==null?n:JSON.stringify(n)}return n},fromAttribute(n,e){let t=n;switch(e){case Boolean:t=n!==null;break;case Number:t=n===null?null:Number(n);break;case Object:case Array:try{t=JSON.parse(n)}catch{t=null}}return t}},ze=(n,e)=>!pn(n,e),Je={attribute:!0,type:String,converter:fe,reflect:!1,useDefault:!1,hasChanged:ze};Symbol.metadata??=Symbol("metadata"),W.litPropertyMetadata??=new WeakMap;var $=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=Je){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let s=Symbol(),r=this.getPropertyDescriptor(e,s,t);r!==void 0&&hn(this.prototype,e,r)}}static getPropertyDescriptor(e,t,s){let{get:r,set:o}=mn(this.prototype,e)??{get(){return this[t]},set(i){this[t]=i}};return{get:r,set(i){let l=r?.call(this);o?.call(this,i),this.requestUpdate(e,l,s)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??Je}static _$Ei(){if(this.hasOwnProperty(K("elementProperties")))return;let e=bn(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(K("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(K("properties"))){let t=this.properties,s=[...fn(t),...gn(t)];for(let r of s)this.createProperty(r,t[r])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[s,r]of t)this.elementProperties.set(s,r)}this._$Eh=new Map;for(let[t,s]of this.elementProperties){let r=this._$Eu(t,s);r!==void 0&&this._$Eh.set(r,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let s=new Set(e.flat(1/0).reverse());for(let r of s)t.unshift(me(r))}else e!==void 0&&t.push(me(e));return t}static _$Eu(e,t){let s=t.attribute;return s===!1?void 0:typeof s=="string"?s:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let s of t.keys())this.hasOwnProperty(s)&&(e.set(s,this[s]),delete this[s]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Ke(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,s){this._$AK(e,s)}_$ET(e,t){let s=this.constructor.elementProperties.get(e),r=this.constructor._$Eu(e,s);if(r!==void 0&&s.reflect===!0){let o=(s.converter?.toAttribute!==void 0?s.converter:fe).toAttribute(t,s.type);this._$Em=e,o==null?this.removeAttribute(r):this.setAttribute(r,o),this._$Em=null}}_$AK(e,t){let s=this.constructor,r=s._$Eh.get(e);if(r!==void 0&&this._$Em!==r){let o=s.getPropertyOptions(r),i=typeof o.converter=="function"?{fromAttribute:o.converter}:o.converter?.fromAttribute!==void 0?o.converter:fe;this._$Em=r;let l=i.fromAttribute(t,o.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(e,t,s,r=!1,o){if(e!==void 0){let i=this.constructor;if(r===!1&&(o=this[e]),s??=i.getPropertyOptions(e),!((s.hasChanged??ze)(o,t)||s.useDefault&&s.reflect&&o===this._$Ej?.get(e)&&!this.hasAttribute(i._$Eu(e,s))))return;this.C(e,t,s)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:s,reflect:r,wrapped:o},i){s&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,i??t??this[e]),o!==!0||i!==void 0)||(this._$AL.has(e)||(this.hasUpdated||s||(t=void 0),this._$AL.set(e,t)),r===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,o]of this._$Ep)this[r]=o;this._$Ep=void 0}let s=this.constructor.elementProperties;if(s.size>0)for(let[r,o]of s){let{wrapped:i}=o,l=this[r];i!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,o,l)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(s=>s.hostUpdate?.()),this.update(t)):this._$EM()}catch(s){throw e=!1,this._$EM(),s}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};$.elementStyles=[],$.shadowRootOptions={mode:"open"},$[K("elementProperties")]=new Map,$[K("finalized")]=new Map,vn?.({ReactiveElement:$}),(W.reactiveElementVersions??=[]).push("2.1.2");var be=globalThis,Fe=n=>n,G=be.trustedTypes,He=G?G.createPolicy("lit-html",{createHTML:n=>n}):void 0,ye="$lit$",k=`lit$${Math.random().toFixed(9).slice(2)}$`,ve="?"+k,wn=`<${ve}>`,R=document,J=()=>R.createComment(""),z=n=>n===null||typeof n!="object"&&typeof n!="function",we=Array.isArray,Be=n=>we(n)||typeof n?.[Symbol.iterator]=="function",ge=`[ 	
\f\r]`,U=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,je=/-->/g,qe=/>/g,A=RegExp(`>|${ge}(?:([^\\s"'>=/]+)(${ge}*=${ge}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),We=/'/g,Ge=/"/g,Ye=/^(?:script|style|textarea|title)$/i,$e=n=>(e,...t)=>({_$litType$:n,strings:e,values:t}),a=$e(1),Ze=$e(2),js=$e(3),S=Symbol.for("lit-noChange"),d=Symbol.for("lit-nothing"),Ve=new WeakMap,E=R.createTreeWalker(R,129);function Qe(n,e){if(!we(n)||!n.hasOwnProperty("raw"))throw Error("invalid template strings array");return He!==void 0?He.createHTML(e):e}var Xe=(n,e)=>{let t=n.length-1,s=[],r,o=e===2?"<svg>":e===3?"<math>":"",i=U;for(let l=0;l<t;l++){let c=n[l],u,m,p=-1,f=0;for(;f<c.length&&(i.lastIndex=f,m=i.exec(c),m!==null);)f=i.lastIndex,i===U?m[1]==="!--"?i=je:m[1]!==void 0?i=qe:m[2]!==void 0?(Ye.test(m[2])&&(r=RegExp("</"+m[2],"g")),i=A):m[3]!==void 0&&(i=A):i===A?m[0]===">"?(i=r??U,p=-1):m[1]===void 0?p=-2:(p=i.lastIndex-m[2].length,u=m[1],i=m[3]===void 0?A:m[3]==='"'?Ge:We):i===Ge||i===We?i=A:i===je||i===qe?i=U:(i=A,r=void 0);let h=i===A&&n[l+1].startsWith("/>")?" ":"";o+=i===U?c+wn:p>=0?(s.push(u),c.slice(0,p)+ye+c.slice(p)+k+h):c+k+(p===-2?l:h)}return[Qe(n,o+(n[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),s]},F=class n{constructor({strings:e,_$litType$:t},s){let r;this.parts=[];let o=0,i=0,l=e.length-1,c=this.parts,[u,m]=Xe(e,t);if(this.el=n.createElement(u,s),E.currentNode=this.el.content,t===2||t===3){let p=this.el.content.firstChild;p.replaceWith(...p.childNodes)}for(;(r=E.nextNode())!==null&&c.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let p of r.getAttributeNames())if(p.endsWith(ye)){let f=m[i++],h=r.getAttribute(p).split(k),g=/([.?@])?(.*)/.exec(f);c.push({type:1,index:o,name:g[2],strings:h,ctor:g[1]==="."?B:g[1]==="?"?Y:g[1]==="@"?Z:I}),r.removeAttribute(p)}else p.startsWith(k)&&(c.push({type:6,index:o}),r.removeAttribute(p));if(Ye.test(r.tagName)){let p=r.textContent.split(k),f=p.length-1;if(f>0){r.textContent=G?G.emptyScript:"";for(let h=0;h<f;h++)r.append(p[h],J()),E.nextNode(),c.push({type:2,index:++o});r.append(p[f],J())}}}else if(r.nodeType===8)if(r.data===ve)c.push({type:2,index:o});else{let p=-1;for(;(p=r.data.indexOf(k,p+1))!==-1;)c.push({type:7,index:o}),p+=k.length-1}o++}}static createElement(e,t){let s=R.createElement("template");return s.innerHTML=e,s}};function C(n,e,t=n,s){if(e===S)return e;let r=s!==void 0?t._$Co?.[s]:t._$Cl,o=z(e)?void 0:e._$litDirective$;return r?.constructor!==o&&(r?._$AO?.(!1),o===void 0?r=void 0:(r=new o(n),r._$AT(n,t,s)),s!==void 0?(t._$Co??=[])[s]=r:t._$Cl=r),r!==void 0&&(e=C(n,r._$AS(n,e.values),r,s)),e}var V=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:s}=this._$AD,r=(e?.creationScope??R).importNode(t,!0);E.currentNode=r;let o=E.nextNode(),i=0,l=0,c=s[0];for(;c!==void 0;){if(i===c.index){let u;c.type===2?u=new N(o,o.nextSibling,this,e):c.type===1?u=new c.ctor(o,c.name,c.strings,this,e):c.type===6&&(u=new Q(o,this,e)),this._$AV.push(u),c=s[++l]}i!==c?.index&&(o=E.nextNode(),i++)}return E.currentNode=R,r}p(e){let t=0;for(let s of this._$AV)s!==void 0&&(s.strings!==void 0?(s._$AI(e,s,t),t+=s.strings.length-2):s._$AI(e[t])),t++}},N=class n{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,s,r){this.type=2,this._$AH=d,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=s,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=C(this,e,t),z(e)?e===d||e==null||e===""?(this._$AH!==d&&this._$AR(),this._$AH=d):e!==this._$AH&&e!==S&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Be(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==d&&z(this._$AH)?this._$AA.nextSibling.data=e:this.T(R.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:s}=e,r=typeof s=="number"?this._$AC(e):(s.el===void 0&&(s.el=F.createElement(Qe(s.h,s.h[0]),this.options)),s);if(this._$AH?._$AD===r)this._$AH.p(t);else{let o=new V(r,this),i=o.u(this.options);o.p(t),this.T(i),this._$AH=o}}_$AC(e){let t=Ve.get(e.strings);return t===void 0&&Ve.set(e.strings,t=new F(e)),t}k(e){we(this._$AH)||(this._$AH=[],this._$AR());let t=this._$AH,s,r=0;for(let o of e)r===t.length?t.push(s=new n(this.O(J()),this.O(J()),this,this.options)):s=t[r],s._$AI(o),r++;r<t.length&&(this._$AR(s&&s._$AB.nextSibling,r),t.length=r)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let s=Fe(e).nextSibling;Fe(e).remove(),e=s}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},I=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,s,r,o){this.type=1,this._$AH=d,this._$AN=void 0,this.element=e,this.name=t,this._$AM=r,this.options=o,s.length>2||s[0]!==""||s[1]!==""?(this._$AH=Array(s.length-1).fill(new String),this.strings=s):this._$AH=d}_$AI(e,t=this,s,r){let o=this.strings,i=!1;if(o===void 0)e=C(this,e,t,0),i=!z(e)||e!==this._$AH&&e!==S,i&&(this._$AH=e);else{let l=e,c,u;for(e=o[0],c=0;c<o.length-1;c++)u=C(this,l[s+c],t,c),u===S&&(u=this._$AH[c]),i||=!z(u)||u!==this._$AH[c],u===d?e=d:e!==d&&(e+=(u??"")+o[c+1]),this._$AH[c]=u}i&&!r&&this.j(e)}j(e){e===d?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},B=class extends I{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===d?void 0:e}},Y=class extends I{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==d)}},Z=class extends I{constructor(e,t,s,r,o){super(e,t,s,r,o),this.type=5}_$AI(e,t=this){if((e=C(this,e,t,0)??d)===S)return;let s=this._$AH,r=e===d&&s!==d||e.capture!==s.capture||e.once!==s.once||e.passive!==s.passive,o=e!==d&&(s===d||r);r&&this.element.removeEventListener(this.name,this,s),o&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Q=class{constructor(e,t,s){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=s}get _$AU(){return this._$AM._$AU}_$AI(e){C(this,e)}},et={M:ye,P:k,A:ve,C:1,L:Xe,R:V,D:Be,V:C,I:N,H:I,N:Y,U:Z,B,F:Q},$n=be.litHtmlPolyfillSupport;$n?.(F,N),(be.litHtmlVersions??=[]).push("3.3.3");var tt=(n,e,t)=>{let s=t?.renderBefore??e,r=s._$litPart$;if(r===void 0){let o=t?.renderBefore??null;s._$litPart$=r=new N(e.insertBefore(J(),o),o,void 0,t??{})}return r._$AI(n),r};var ke=globalThis,_=class extends ${constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=tt(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return S}};_._$litElement$=!0,_.finalized=!0,ke.litElementHydrateSupport?.({LitElement:_});var kn=ke.litElementPolyfillSupport;kn?.({LitElement:_});(ke.litElementVersions??=[]).push("4.2.2");var nt=["too_expensive","no_need","has_other","bad_moment","no_trust"];function st(n){let e=JSON.parse(n);if(typeof e!="object"||e===null||Array.isArray(e))throw new SyntaxError("the configuration is no JSON object");let t=["channel","placement","context","attributes","refusals","labels"],s=Object.keys(e).filter(r=>!t.includes(r));if(s.length>0)throw new SyntaxError(`the configuration has unknown keys: ${s.join(", ")}; known are ${t.join(", ")}`);return e}var b=class extends Error{constructor(t,s,r="",o=[],i=0){super(s);this.kind=t;this.reason=r;this.violations=o;this.retryAfterMs=i;this.name="Fault"}get passing(){return["offline","timeout","unavailable","overloaded"].includes(this.kind)}get aboutKey(){return this.kind==="no-key"||this.kind==="wrong-key"}},Sn={unavailable:"unavailable",deadline_exceeded:"timeout",canceled:"timeout",resource_exhausted:"overloaded",permission_denied:"not-allowed",not_found:"not-found",invalid_argument:"invalid",out_of_range:"invalid",failed_precondition:"invalid",aborted:"conflict",already_exists:"conflict"};async function rt(n){let e=await n.json().catch(()=>({})),t=e.message??`HTTP ${n.status}`,s=_n(e),r=Number(n.headers.get("retry-after")??0)*1e3||0;if(e.code==="unauthenticated"||n.status===401)return new b(s==="API_KEY_MISSING"?"no-key":"wrong-key",t,s);let o=Sn[e.code??""]??([502,503,504].includes(n.status)?"unavailable":"broken");return new b(o,t,s,xn(e),r)}function _n(n){let[e]=ot(n,"google.rpc.ErrorInfo");return e?it(Se(e).find(t=>t.number===1)?.bytes):""}function xn(n){return ot(n,"google.rpc.BadRequest").flatMap(e=>Se(e).filter(t=>t.number===1).map(t=>{let s=Se(t.bytes),r=o=>it(s.find(i=>i.number===o)?.bytes);return{field:r(1),message:r(2)}}))}function ot(n,e){return(n.details??[]).filter(t=>t.type?.endsWith(e)&&t.value!==void 0).map(t=>Uint8Array.from(atob(t.value??""),s=>s.charCodeAt(0)))}function Se(n){let e=[],t=0,s=()=>{let r=0;for(let o=0;t<n.length;o+=7){let i=n[t++]??0;if(r+=(i&127)*2**o,i<128)break}return r};for(;t<n.length;){let r=s();if((r&7)!==2)break;let o=s();e.push({number:r>>>3,bytes:n.subarray(t,t+o)}),t+=o}return e}function it(n){return n?new TextDecoder().decode(n):""}var at=400,lt=5e3,X=class{constructor(e,t,s){this.server=e;this.host=t;this.state=s;this.wanted=!1;this.running=!1;this.gone=new AbortController;this.nudge=()=>this.wake?.()}get busy(){return this.running}decide(){this.wanted=!0,this.running||this.run()}resume(){this.state.pending&&!this.running&&this.run()}close(){this.gone.abort(),this.wake?.()}async run(){this.running=!0,this.host.changed();let e=at;for(;(this.wanted||this.state.pending)&&!this.gone.signal.aborted;)try{if(!this.state.pending&&!await this.host.ready()){await this.pause(e),e=Math.min(e*2,lt);continue}let t=this.state.pending??=this.next();this.host.changed();let s=await this.server.decide(t,this.gone.signal);this.state.pending=void 0,this.state.superseded=s.decisionId??"",e=at,this.host.taken(s)}catch(t){if(this.gone.signal.aborted)break;if(!(t instanceof b))throw t;if(this.settled(t))continue;this.host.changed(),await this.pause(Math.max(e,t.retryAfterMs)),e=Math.min(e*2,lt)}this.running=!1,this.host.changed()}next(){this.wanted=!1;let{callId:e,superseded:t}=this.state,s=`${e}-${++this.state.sequence}`;return{...this.host.request(),requestId:s,...t?{supersedes:t}:{}}}settled(e){return e.passing||e.aboutKey||e.kind==="conflict"?!1:(this.state.pending=void 0,this.state.superseded&&e.violations.some(t=>t.field==="supersedes")?(this.state.superseded="",this.wanted=!0):this.host.refused(e),!0)}pause(e){return new Promise(t=>{let s=setTimeout(t,e);this.wake=()=>{clearTimeout(s),t()}})}};async function ct(n,e){let[t,s,r]=await Promise.all([n.customer(e).then(o=>o.customer??null,o=>{if(o instanceof b&&o.kind==="not-found")return null;throw o}),n.contacts(e),n.matters(e)]);return{customer:t,contacts:s,matters:r.matters??[]}}function dt(n,e){if(!n.counts||!n.at)return;let t=(e.limits??[]).filter(s=>!s.shadow&&s.contactIds?.includes(n.contactId??"")).map(s=>Date.parse(n.at??"")+Number(s.windowSeconds??0)*1e3);return t.length>0?new Date(Math.max(...t)):void 0}function ut(n,e,t){return(e.contacts.suppressions??[]).some(r=>(r.channel==="*"||r.channel===t)&&(r.level==="action"&&r.key===n.action||r.level==="group"&&r.key===n.group))||e.matters.some(r=>r.open&&r.mutedActions?.includes(n.action??""))}var Tn={presented:"OUTCOME_TYPE_IMPRESSION",accepted:"OUTCOME_TYPE_ACCEPTED",refused:"OUTCOME_TYPE_REJECTED",later:"OUTCOME_TYPE_MAYBE_LATER",unmentioned:"OUTCOME_TYPE_NOT_MENTIONED"};function x(n){return n.reactions.at(-1)}function D(n){return n.reactions.length===0}function P(n){let e=x(n);return e!==void 0&&e.kind!=="presented"}function _e(n,e){return{decisionId:n.decisionId,action:n.offer.action??"",type:Tn[e.kind],eventId:e.eventId,...e.reason?{reason:e.reason}:{}}}function pt(n,e){return{decisionId:n.decisionId,action:n.offer.action??"",type:"OUTCOME_TYPE_WITHDRAWN",eventId:`${e.eventId}-undo`,withdraws:e.eventId}}var ee=class{constructor(e,t,s,r){this.server=e;this.outbox=t;this.host=s;this.skew=0;this.reading=0;this.kept="settings"in r?r:An(r),this.decider=new X(e,{ready:()=>this.outbox.flush().then(()=>this.outbox.waiting.length===0),request:()=>this.request(),taken:o=>this.taken(o),refused:o=>this.refuse(o),changed:()=>s.changed()},this.kept.decider)}get settings(){return this.kept.settings}get proposals(){return this.kept.proposals}get deciding(){return this.decider.busy}begin(){this.refresh(),!this.kept.ended&&(this.kept.decider.sequence===0?this.decider.decide():this.decider.resume())}async refresh(){let e=++this.reading;try{let t=await ct(this.server,this.settings.customer);if(e!==this.reading)return;this.file=t,this.fileFault=void 0,this.againIfMuted(t)}catch(t){e===this.reading&&(this.fileFault=t)}this.host.changed()}setContext(e,t){JSON.stringify(this.kept.context[e])!==JSON.stringify(t)&&(t===void 0?delete this.kept.context[e]:this.kept.context[e]=t,this.decideFault=void 0,this.host.changed(),this.kept.ended||this.decider.decide())}react(e,t,s=""){let r={kind:t,eventId:crypto.randomUUID(),reason:s};e.reactions.push(r),this.send("OutcomeService/RecordOutcome",{outcome:_e(e,r)},e.offer.title??"",r.eventId),this.host.reacted(e,r),this.host.changed()}undo(e){let t=e.reactions.pop();if(t===void 0)return;let s=pt(e,t);this.send("OutcomeService/RecordOutcome",{outcome:s},e.offer.title??"",s.eventId??""),e.undone=!0,D(e)&&e.decisionId!==this.kept.decider.superseded&&this.drop(e),this.host.undone(e,t),this.host.changed()}giveScore(e){this.kept.score=e,this.event({score:{measure:"nps",value:e}}),this.host.changed()}complain(e){this.event({text:e,complaint:{}}),this.host.changed()}closeMatter(e,t,s){let{customer:r,agent:o}=this.settings;this.send("MatterService/CloseMatter",{customerId:r,matterId:e,note:t,...o?{agent:o}:{}},s),this.host.changed()}end(){for(let e of this.proposals.filter(D))this.react(e,"unmentioned");this.kept.ended=!0,this.decider.close(),this.host.changed()}heard(e){e.method.startsWith("MatterService")&&!this.kept.ended&&this.decider.decide(),this.refresh()}nudge(){this.decider.nudge(),(this.file===void 0||this.fileFault!==void 0)&&this.refresh()}again(){this.kept.ended||this.decider.decide()}close(){this.reading++,this.decider.close()}request(){let{customer:e,channel:t,placement:s}=this.settings;return{customerId:e,channel:t,...s?{placements:[{placement:s}]}:{},context:{...this.kept.context},excludedActions:this.proposals.filter(r=>!D(r)).map(r=>r.offer.action??""),deferActivation:!0}}taken(e){e.decidedAt&&(this.skew=Date.parse(e.decidedAt)-Date.now());let t=this.proposals.filter(o=>!D(o));for(let o of this.proposals.filter(i=>D(i)&&i.undone))this.letGo(o);let s=(e.actions??[]).map(o=>({decisionId:e.decisionId??"",offer:o,reactions:[]})),r=new Set(t.map(o=>o.offer.action));for(let o of s.filter(i=>r.has(i.offer.action)))this.letGo(o);this.kept.proposals=[...t,...s.filter(o=>!r.has(o.offer.action))],this.kept.noOffers=e.noOffers??[],this.decideFault=void 0,this.refresh(),this.outbox.flush(),this.host.ranked(this.kept.proposals)}refuse(e){this.decideFault=e,this.host.changed()}againIfMuted(e){if(this.kept.ended||this.deciding)return;let{channel:t}=this.settings;this.proposals.some(s=>D(s)&&ut(s.offer,e,t))&&this.decider.decide()}letGo(e){let t={kind:"unmentioned",eventId:crypto.randomUUID(),reason:""};this.send("OutcomeService/RecordOutcome",{outcome:_e(e,t)},e.offer.title??"",t.eventId)}drop(e){this.kept.proposals=this.kept.proposals.filter(t=>t!==e),this.letGo(e),this.again()}event(e){let{customer:t,channel:s,agent:r}=this.settings,o=crypto.randomUUID(),i={customerId:t,eventId:o,channel:s,...r?{agent:r}:{},...e};this.send("EventService/RecordEvents",{events:[i]},"",o)}send(e,t,s,r=crypto.randomUUID()){let o=Date.now();this.outbox.add({id:r,method:e,body:t,label:s,clicked:o,at:o+this.skew})}};function An(n){let e={callId:n.callId,sequence:0,superseded:""};return{settings:n,startedAt:Date.now(),context:{},proposals:[],noOffers:[],decider:e,ended:!1}}function ht(n){let e=n.activeElement,t=e?.closest("li.card, li.answer");if(!e||!t)return;let s=[...n.querySelectorAll("li.card")];return{action:t.dataset.action??"",button:e.dataset.do??"",index:Math.max(0,s.indexOf(t))}}function mt(n,e){if(n.activeElement!==null)return;let t=n.querySelector(`li.card[data-action="${CSS.escape(e.action)}"]`),s=[...n.querySelectorAll("li.card")],r=t??s[Math.min(e.index,s.length-1)];(r?.querySelector(`[data-do="${e.button}"]`)??r?.querySelector("button")??n.querySelector('[data-region="actions"]'))?.focus()}function te(n,e){let t=n.querySelector(`[data-region="${e}"]`),s={context:"button, input",actions:"li.card button",caller:"",wrap:"button:not(:disabled)",matters:"textarea"},r=s[e]?t?.querySelector(s[e]):null;(r??t)?.focus(),(r??t)?.scrollIntoView({block:"nearest"})}var ft="nba-agent/outbox/",En="nba-agent-outbox",Rn=3e3,gt=500,Cn=8e3,In=4,ne=class{constructor(e,t,s,r){this.server=e;this.sent=t;this.changed=s;this.storage=r;this.count=0;this.wait=gt;this.brokenTries=0;this.closed=!1;this.flush=()=>(clearTimeout(this.timer),this.running??=this.exclusively().finally(()=>{this.running=void 0}),this.running);addEventListener("online",this.flush),addEventListener("storage",this.changed)}get waiting(){return this.items().filter(e=>e.refused===void 0)}get refused(){return this.items().filter(e=>e.refused!==void 0)}add(e){let t=`${String(Date.now()).padStart(15,"0")}-${String(this.count++).padStart(5,"0")}`;this.storage.setItem(`${ft}${t}-${e.id}`,JSON.stringify({...e,base:this.server.baseUrl})),this.changed(),this.flush()}retry(e){this.edit(e,t=>(delete t.refused,t)),this.flush()}discard(e){this.edit(e,()=>{})}close(){this.closed=!0,clearTimeout(this.timer),removeEventListener("online",this.flush),removeEventListener("storage",this.changed)}async exclusively(){if(!navigator.locks)return this.drain();await navigator.locks.request(En,()=>this.drain())}async drain(){for(let e=this.waiting[0];e!==void 0&&!this.closed;e=this.waiting[0])try{let t=await this.server.call(e.method,Dn(e));this.settle(e,Mn(t),t)}catch(t){if(!await this.mend(e,t))return}}settle(e,t,s){this.wait=gt,this.brokenTries=0,this.edit(e.id,r=>t===void 0?void 0:{...r,refused:t}),t===void 0&&this.sent(e,s)}async mend(e,t){if(!(t instanceof b))throw t;return t.aboutKey?!1:t.violations.some(r=>r.field.endsWith("occurred_at"))?(this.edit(e.id,r=>({...r,at:0})),!0):t.passing||t.kind==="conflict"||t.kind==="broken"&&++this.brokenTries<In?(this.closed||(this.timer=setTimeout(this.flush,Math.max(this.wait*(.5+Math.random()/2),t.retryAfterMs)),this.wait=Math.min(this.wait*2,Cn)),!1):(this.settle(e,t.message,void 0),!0)}keys(){return Array.from({length:this.storage.length},(t,s)=>this.storage.key(s)??"").filter(t=>t.startsWith(ft)).sort()}items(){return this.keys().map(e=>JSON.parse(this.storage.getItem(e)??"null")).filter(e=>e!==null&&e.base===this.server.baseUrl)}edit(e,t){for(let s of this.keys()){let r=JSON.parse(this.storage.getItem(s)??"null");if(r?.id!==e)continue;let o=t(r);o===void 0?this.storage.removeItem(s):this.storage.setItem(s,JSON.stringify(o))}this.changed()}};function Dn(n){if(!(n.at>0&&Date.now()-n.clicked>Rn))return n.body;let t=new Date(n.at).toISOString(),{outcome:s,events:r}=n.body;return s?{...n.body,outcome:{...s,occurredAt:t}}:r?{...n.body,events:r.map(o=>({...o,occurredAt:t}))}:n.body}function Mn(n){let{results:e}=n;return e?.map(t=>t.error).find(t=>t!==void 0&&t!=="")}var bt=8e3,se=class{constructor(e,t,s){this.baseUrl=e;this.key=t;this.heard=s}async call(e,t,s){let r=await this.send(e,t,s);if(r.ok)return this.heard(!0),await r.json();let o=await rt(r);throw this.heard(!o.passing||o.kind==="overloaded"),o}describe(){return this.call("CatalogService/DescribeCatalog",{})}customer(e){return this.call("CustomerService/GetCustomer",{customerId:e})}contacts(e){return this.call("ContactService/GetContacts",{customerId:e,maxContacts:50})}matters(e){return this.call("MatterService/ListMatters",{customerId:e})}decide(e,t){return this.call("DecisionService/Decide",e,t)}async send(e,t,s){let r=AbortSignal.timeout(bt),o=this.key();try{return await fetch(`${this.baseUrl}/nba.v1.${e}`,{method:"POST",headers:{"content-type":"application/json","connect-protocol-version":"1","connect-timeout-ms":String(bt),...o?{authorization:`Bearer ${o}`}:{}},body:JSON.stringify(t),signal:s?AbortSignal.any([s,r]):r,cache:"no-store",credentials:"omit",referrerPolicy:"no-referrer"})}catch(i){throw s?.aborted?i:(this.heard(!1),r.aborted?new b("timeout","no answer in time"):new b("offline","no connection"))}}};var Nn=8e3,re=class{constructor(e){this.changed=e;this.polite="";this.urgent=""}say(e){this.polite=this.polite&&this.polite!==e?`${this.polite} ${e}`:e,this.later()}warn(e){this.urgent=e,this.later()}view(){return a`<div class="unseen" role="status" aria-live="polite">${this.polite}</div>
      <div class="unseen" role="alert">${this.urgent}</div>`}later(){clearTimeout(this.timer),this.timer=setTimeout(()=>{this.polite="",this.urgent="",this.changed()},Nn),this.changed()}};var xe="nba-agent/call",yt="nba-agent/key",vt="nba-agent/letters";function ie(){try{return localStorage.setItem("nba-agent/probe","1"),localStorage.removeItem("nba-agent/probe"),localStorage}catch{return new oe}}function M(){try{return sessionStorage}catch{return new oe}}function Te(n,e){let t=JSON.parse(n.getItem(xe)??"null");return t?.base===e&&Date.now()-t.startedAt<144e5?t:void 0}function Ae(n,e,t){t?n.setItem(xe,JSON.stringify({...t,base:e})):n.removeItem(xe)}function wt(n,e){return n.getItem(`${yt}/${e}`)??""}function $t(n,e,t){n.setItem(`${yt}/${e}`,t)}function kt(n){return n.getItem(vt)!=="off"}function St(n,e){n.setItem(vt,e?"on":"off")}var oe=class{constructor(){this.map=new Map}get length(){return this.map.size}clear(){this.map.clear()}getItem(e){return this.map.get(e)??null}key(e){return[...this.map.keys()][e]??null}removeItem(e){this.map.delete(e)}setItem(e,t){this.map.set(e,t)}};var _t={"ring.label":"Kunde","ring.hint":"Kundennummer","ring.start":"Gespräch annehmen","ring.next":"Nächster Anruf","ring.empty.title":"Kein Gespräch","ring.empty.text":"Geben Sie eine Kundennummer ein, oder lassen Sie Ihr CRM das Attribut customer setzen.","ring.since":"Gespräch seit {time}","ring.ended":"Gespräch beendet","key.title":"Anmelden","key.text":"Dieser Server verlangt einen Agentenschlüssel. Er bleibt nur in diesem Tab, bis Sie ihn schließen.","key.wrong":"Der Server kennt diesen Schlüssel nicht. Prüfen Sie ihn, oder bitten Sie Ihre Administration um einen neuen.","key.label":"Agentenschlüssel","key.save":"Anmelden","link.lost":"Keine Verbindung","link.lost.text":"Keine Verbindung zum Server. Arbeiten Sie weiter: Alles wird aufgehoben und einmal gesendet, sobald der Server antwortet.","link.back":"Wieder verbunden.","outbox.waiting.one":"{count} Eintrag wartet auf den Versand","outbox.waiting.other":"{count} Einträge warten auf den Versand","outbox.sending":"Wird gesendet","outbox.saved":"Alles gespeichert","outbox.refused.one":"Der Server hat einen Eintrag nicht angenommen","outbox.refused.other":"Der Server hat {count} Einträge nicht angenommen","outbox.retry":"Noch einmal senden","outbox.discard":"Verwerfen","fault.retry":"Noch einmal versuchen","fault.timeout":"Der Server braucht zu lange für eine Antwort. Wir versuchen es weiter.","fault.offline":"Der Server ist nicht erreichbar. Prüfen Sie das Netz; wir versuchen es weiter.","fault.unavailable":"Der Server ist gerade nicht bereit. Wir versuchen es weiter.","fault.overloaded":"Der Server hat gerade zu viel zu tun. Wir versuchen es weiter.","fault.no-key":"Der Server verlangt einen Schlüssel. Melden Sie sich unten an.","fault.wrong-key":"Der Server kennt den Schlüssel nicht. Melden Sie sich unten neu an.","fault.not-allowed":"Dieser Schlüssel darf das nicht. Bitten Sie Ihre Administration um einen Schlüssel für Agenten (Bereich agent).","fault.not-found":"Der Server kennt das nicht. Prüfen Sie die Kundennummer.","fault.invalid":"Der Server hat das nicht angenommen: {message}","fault.conflict":"Jemand anderes hat das im selben Augenblick geändert. Wir versuchen es noch einmal.","fault.broken":"Der Server hat selbst einen Fehler. Wenn er bleibt, sagen Sie es Ihrer Administration: {message}","context.title":"Dieses Gespräch","context.more":"Angabe hinzufügen","context.fact":"Angabe","context.value":"Wert","context.set":"Setzen","context.clear":"{name} entfernen","context.unknown":"Nicht gesagt","value.yes":"Ja","value.no":"Nein","actions.title":"Was Sie vorschlagen können","actions.deciding":"Wird geordnet …","actions.refresh":"Neu ordnen","actions.none":"Nichts vorzuschlagen","actions.none.text":"Kümmern Sie sich um das Anliegen. Die Gründe:","actions.done":"Alle Vorschläge haben eine Antwort.","action.say":"Sagen Sie","action.why":"Warum","action.learn":"Zum Lernen gezeigt","action.fallback":"Ersatz","action.mandatory":"Muss gesagt werden","action.numbers":"Zahlen","action.chance":"Aussicht auf ein Ja","action.value":"Wert","action.lever":"Gewicht des Geschäfts","action.moment":"Gewicht dieses Moments","action.pick":"Chance, gewählt zu werden","action.decision":"Entscheidung","do.presented":"Erwähnt","do.accepted":"Angenommen","do.refused":"Abgelehnt","do.later":"Später","do.unmentioned":"Nicht erwähnt","do.undo":"Zurücknehmen","do.cancel":"Abbrechen","done.presented":"Erwähnt, zählt als Kontakt","done.accepted":"Angenommen","done.refused":"Abgelehnt","done.refused.reason":"Abgelehnt: {reason}","done.later":"Später","done.later.when":"Später, ab {when}","done.unmentioned":"Nicht erwähnt, zählt nicht","refuse.title":"Warum nicht?","refuse.none":"Ohne Grund","refuse.too_expensive":"Zu teuer","refuse.no_need":"Kein Bedarf","refuse.has_other":"Hat einen anderen Anbieter","refuse.bad_moment":"Falscher Moment","refuse.no_trust":"Will keine Angebote","later.title":"Wann?","later.none":"Offen","later.tomorrow":"Morgen","later.week":"In einer Woche","later.month":"In einem Monat","later.day":"An einem Tag","reason.best_priority":"Steht an erster Stelle von allen, die passen.","reason.likely":"Kommt wahrscheinlich gut an: {chance}.","reason.valuable":"Mehr wert als die anderen: {value}.","reason.levered":"Das Geschäft gibt ihm mehr Gewicht: {percent}.","reason.context_match":"Passt zu diesem Gespräch ({name}: {value}).","reason.shown_to_learn":"Zum Lernen gezeigt, wie Kunden es aufnehmen; es musste nicht das Beste sein.","reason.mandatory":"Das muss diesem Kunden gesagt werden.","reason.fallback":"Sonst passt nichts; dies wird stattdessen gezeigt.","reason.substituted":"Steht für eines, mit dem ein anderer Kanal schneller war.","reason.consent_unknown":"Es gibt keine Einwilligung in {purpose} auf diesem Kanal.","reason.consent_denied":"Der Kunde hat {purpose} auf diesem Kanal abgelehnt.","reason.consent_revoked":"Der Kunde hat die Einwilligung in {purpose} auf diesem Kanal zurückgenommen.","reason.consent_expired":"Die Einwilligung in {purpose} auf diesem Kanal ist abgelaufen.","reason.do_not_contact":"Der Kunde steht auf der Kontaktsperrliste.","reason.contact_limit":"Die Kontaktgrenze {limit} ist ausgeschöpft.","reason.contact_pressure":"Der Kunde hat zuletzt viel von uns gehört ({limit}).","reason.suppressed":"Es ruht nach dem, was der Kunde gesagt hat ({limit}).","reason.open_matter":"Ein Anliegen ist offen; Angebote warten, bis es geschlossen ist.","reason.quiet_hours":"Für den Kunden ist gerade Ruhezeit.","reason.excluded_by_caller":"Alles, was passt, wurde in diesem Gespräch erwähnt.","reason.no_actions":"Der Katalog hat für diesen Platz nichts.","reason.no_treatment":"Der Katalog hat für diesen Kanal keine Worte.","reason.lost_race":"Ein anderer Kanal war mit dem letzten Kontakt schneller.","matters.title":"Anliegen","matters.open":"Offen","matters.none":"Nichts ist offen.","matters.closed":"Geschlossen {when} von {who}","matters.opened":"Seit {when}","matters.score":"Note {score}","matters.mutes.one":"{count} Angebot wartet darauf, auf allen Kanälen","matters.mutes.other":"{count} Angebote warten darauf, auf allen Kanälen","matters.close":"Anliegen schließen","matters.note":"Abschlussnotiz für alle, die den Kunden als Nächste betreuen","matters.note.missing":"Schreiben Sie, was getan wurde; die nächste Person liest es.","matters.closing":"Wird geschlossen …","matters.complain":"Beschwerde aufnehmen","matters.complain.text":"Worum geht es in der Beschwerde?","matters.complain.save":"Beschwerde festhalten","profile.title":"Kunde","profile.unknown":"Kein Profil. Vorschläge stützen sich nur auf dieses Gespräch.","profile.products":"Produkte","profile.segments":"Segmente","profile.more":"Alle Angaben","profile.none":"Keine","consents.title":"Einwilligungen","consents.none":"Keine Einwilligung erfasst: keine Werbung.","consent.CONSENT_STATUS_UNSPECIFIED":"Unbekannt","consent.CONSENT_STATUS_GRANTED":"Ja","consent.CONSENT_STATUS_DENIED":"Nein","consent.CONSENT_STATUS_REVOKED":"Widerrufen","consent.until":"bis {when}","consent.since":"seit {when}","consent.expired":"Abgelaufen","consent.dnc":"Kontaktsperre: {channels}","channel.all":"alle Kanäle","contacts.counts":"Was zählt","contacts.recent":"Letzte Kontakte","contacts.none":"Noch keine Kontakte.","contacts.older":"und {count} ältere","contacts.planned":"geplant","contacts.until":"zählt bis {when}","contacts.held":"für dieses Gespräch gehalten bis {when}","contacts.released":"zählt nicht","contacts.elsewhere":"Kontakt eines anderen Systems","limits.title":"Kontaktgrenzen","limits.used":"{used} von {cap}","limits.per":"in {length}","limits.free":"wieder frei ab {when}","limits.never":"auf Dauer ausgeschöpft","limits.household":"Haushalt","limits.shadow":"auf Probe","limits.none":"Der Katalog hat keine Grenzen.","pressure.name":"Kontaktdruck","muted.title":"Ruht","muted.until":"bis {when}","muted.forever":"auf Dauer","muted.level.action":"{name}","muted.level.group":"Alles aus {name}","muted.level.related":"Ähnliche Angebote ({name})","outcome.sent":"gesendet","outcome.delivered":"zugestellt","outcome.impression":"gezeigt","outcome.clicked":"geklickt","outcome.accepted":"angenommen","outcome.rejected":"abgelehnt","outcome.maybe_later":"später","outcome.converted":"gekauft","outcome.no_response":"keine Antwort","outcome.not_mentioned":"nicht erwähnt","outcome.delivery_failed":"nicht zugestellt","outcome.opted_out":"abgemeldet","outcome.complaint":"Beschwerde","outcome.score":"Note","outcome.withdrawn":"zurückgenommen","outcome.superseded":"ersetzt","channel.call":"Anruf","channel.web":"Web","channel.email":"E-Mail","channel.letter":"Brief","channel.sms":"SMS","channel.push":"Push","channel.app":"App","length.day.one":"{count} Tag","length.day.other":"{count} Tagen","length.hour.one":"{count} Stunde","length.hour.other":"{count} Stunden","length.minute.one":"{count} Minute","length.minute.other":"{count} Minuten","wrap.title":"Abschluss","wrap.score":"Wie wahrscheinlich empfehlen Sie uns weiter? 0 bis 10","wrap.end":"Gespräch beenden","wrap.text":"Was nicht erwähnt wurde, wird freigegeben und zählt nicht.","wrap.summary.title":"Gespräch beendet","wrap.summary.one":"{count} Vorschlag wurde beantwortet.","wrap.summary.other":"{count} Vorschläge wurden beantwortet.","help.title":"Tastatur","help.open":"Tastenkürzel","help.close":"Schließen","help.context":"Zu den Angaben dieses Gesprächs","help.actions":"Zu den Vorschlägen","help.caller":"Zur Akte des Anrufers","help.wrap":"Zum Abschluss","help.move":"Von Vorschlag zu Vorschlag","help.presented":"Erwähnt","help.accepted":"Angenommen","help.refused":"Abgelehnt, dann eine Zahl für den Grund","help.later":"Später, dann eine Zahl für den Tag","help.unmentioned":"Nicht erwähnt","help.undo":"Zurücknehmen","help.numbers":"Die Zahlen dahinter zeigen","help.leave":"Eine Auswahl verlassen","help.letters":"Buchstaben gelten, solange ein Vorschlag den Fokus hat","help.letters.toggle":"Kürzel mit einem Buchstaben","say.ranked.one":"Geordnet: {count} Vorschlag. Erster: {title}.","say.ranked.other":"Geordnet: {count} Vorschläge. Erster: {title}.","say.ranked.none":"Nichts vorzuschlagen.","say.recorded":"{title}: {what}.","say.undone":"{title}: zurückgenommen.","say.matter":"Ein Anliegen ist offen: {title}.","say.closed":"Anliegen geschlossen: {title}.","say.scored":"Note {score} festgehalten.","say.complaint":"Beschwerde festgehalten.","say.kept":"Keine Verbindung. Ihr Eintrag wird aufgehoben und gesendet.","day.today":"heute","day.tomorrow":"morgen","day.yesterday":"gestern","page.title":"Agentenbildschirm","page.theme":"Darstellung","page.theme.auto":"Wie das System","page.theme.light":"Hell","page.theme.dark":"Dunkel","page.language":"Sprache","keys.presented":"e","keys.accepted":"a","keys.refused":"b","keys.later":"s","keys.unmentioned":"n","keys.undo":"z","keys.numbers":"w","matters.banner":"Offen: {title}. Angebote können darauf warten.","matters.go":"Zum Anliegen","actions.list":"Vorschläge","actions.answered":"In diesem Gespräch erwähnt","reaction.group":"Antwort auf {title}","contacts.together":"{count} Vorschläge","word.reason":"Grund","word.call_reason":"Grund","word.mood":"Stimmung","word.billing":"Rechnung","word.fault":"Störung","word.move":"Umzug","word.cancel":"Will kündigen","word.question":"Frage","word.complaint":"Beschwerde","word.order":"Bestellung","word.calm":"Ruhig","word.unsure":"Unsicher","word.annoyed":"Verärgert","word.advertising":"Werbung","word.profiling":"Profilbildung","word.service":"Service","word.age":"Alter","word.country":"Land","word.plan":"Tarif","word.contract_end":"Vertragsende","word.income":"Einkommen","word.dunning":"Rechnung überfällig","word.segment":"Segment","contacts.called_off":"abgesagt","contacts.held.elsewhere":"gehalten bis {when}"};var Ee={"ring.label":"Customer","ring.hint":"Customer number","ring.start":"Take the call","ring.next":"Next caller","ring.empty.title":"No caller","ring.empty.text":"Enter a customer number, or let your CRM set the attribute customer.","ring.since":"Call since {time}","ring.ended":"Call ended","key.title":"Sign in","key.text":"This server asks for the key of an agent. It is kept in this tab only, until you close it.","key.wrong":"The server does not know this key. Check it, or ask your administrator for a new one.","key.label":"Agent key","key.save":"Sign in","link.lost":"No connection","link.lost.text":"No connection to the server. Go on working: everything is kept and sent once, as soon as the server answers.","link.back":"Connected again.","outbox.waiting.one":"{count} entry waits to be sent","outbox.waiting.other":"{count} entries wait to be sent","outbox.sending":"Sending","outbox.saved":"All saved","outbox.refused.one":"The server did not take one entry","outbox.refused.other":"The server did not take {count} entries","outbox.retry":"Send again","outbox.discard":"Discard","fault.retry":"Try again","fault.timeout":"The server takes too long to answer. We keep trying.","fault.offline":"The server cannot be reached. Check the network; we keep trying.","fault.unavailable":"The server is not ready at the moment. We keep trying.","fault.overloaded":"The server has too much to do at the moment. We keep trying.","fault.no-key":"The server asks for a key. Sign in below.","fault.wrong-key":"The server does not know the key. Sign in again below.","fault.not-allowed":"This key may not do that. Ask your administrator for a key with the scope agent.","fault.not-found":"The server does not know this. Check the customer number.","fault.invalid":"The server did not accept this: {message}","fault.conflict":"Somebody else changed this at the same moment. We try again.","fault.broken":"The server has a fault of its own. If it stays, tell your administrator: {message}","context.title":"This call","context.more":"Add a fact","context.fact":"Fact","context.value":"Value","context.set":"Set","context.clear":"Remove {name}","context.unknown":"Not said","value.yes":"Yes","value.no":"No","actions.title":"What to propose","actions.deciding":"Ranking …","actions.refresh":"Rank again","actions.none":"Nothing to propose","actions.none.text":"Serve the customer. The reasons:","actions.done":"All proposals have an answer.","action.say":"Say","action.why":"Why","action.learn":"Shown to learn","action.fallback":"Stand-in","action.mandatory":"Must be said","action.numbers":"Numbers","action.chance":"Chance of a yes","action.value":"Worth","action.lever":"Business weight","action.moment":"Weight of this moment","action.pick":"Chance of being picked","action.decision":"Decision","do.presented":"Presented","do.accepted":"Accepted","do.refused":"Refused","do.later":"Later","do.unmentioned":"Not mentioned","do.undo":"Undo","do.cancel":"Cancel","done.presented":"Presented, counts as a contact","done.accepted":"Accepted","done.refused":"Refused","done.refused.reason":"Refused: {reason}","done.later":"Later","done.later.when":"Later, from {when}","done.unmentioned":"Not mentioned, does not count","refuse.title":"Why not?","refuse.none":"No reason given","refuse.too_expensive":"Too expensive","refuse.no_need":"No need","refuse.has_other":"Has another provider","refuse.bad_moment":"Not the moment","refuse.no_trust":"Does not want offers","later.title":"When?","later.none":"Open","later.tomorrow":"Tomorrow","later.week":"In a week","later.month":"In a month","later.day":"On a day","reason.best_priority":"Ranks first of all that qualify.","reason.likely":"Likely to be welcome: {chance}.","reason.valuable":"Worth more than the others: {value}.","reason.levered":"The business gives it more weight: {percent}.","reason.context_match":"Fits this call ({name}: {value}).","reason.shown_to_learn":"Shown to learn how customers take it; it did not have to rank best.","reason.mandatory":"It must be said to this customer.","reason.fallback":"Nothing else qualifies; this is shown instead.","reason.substituted":"Takes the place of one that another channel was faster with.","reason.consent_unknown":"There is no consent to {purpose} on this channel.","reason.consent_denied":"The customer said no to {purpose} on this channel.","reason.consent_revoked":"The customer took back the consent to {purpose} on this channel.","reason.consent_expired":"The consent to {purpose} on this channel has run out.","reason.do_not_contact":"The customer is on the do-not-contact list.","reason.contact_limit":"The contact limit {limit} is used up.","reason.contact_pressure":"The customer has heard a lot from us lately ({limit}).","reason.suppressed":"It rests after what the customer said ({limit}).","reason.open_matter":"A matter is open; offers wait until it is closed.","reason.quiet_hours":"It is quiet time for the customer.","reason.excluded_by_caller":"All that qualifies was spoken of in this call.","reason.no_actions":"The catalogue has nothing for this place.","reason.no_treatment":"The catalogue has no words for this channel.","reason.lost_race":"Another channel was faster with the last contact.","matters.title":"Matters","matters.open":"Open","matters.none":"Nothing is open.","matters.closed":"Closed {when} by {who}","matters.opened":"Since {when}","matters.score":"Score {score}","matters.mutes.one":"{count} offer waits for this, on all channels","matters.mutes.other":"{count} offers wait for this, on all channels","matters.close":"Close the matter","matters.note":"Closing note for whoever serves the customer next","matters.note.missing":"Write what was done; the next agent reads it.","matters.closing":"Being closed …","matters.complain":"Take down a complaint","matters.complain.text":"What is the complaint about?","matters.complain.save":"Record the complaint","profile.title":"Customer","profile.unknown":"No profile. Proposals rest on this call alone.","profile.products":"Products","profile.segments":"Segments","profile.more":"All details","profile.none":"None","consents.title":"Consents","consents.none":"No consent is recorded: no advertising.","consent.CONSENT_STATUS_UNSPECIFIED":"Unknown","consent.CONSENT_STATUS_GRANTED":"Yes","consent.CONSENT_STATUS_DENIED":"No","consent.CONSENT_STATUS_REVOKED":"Taken back","consent.until":"until {when}","consent.since":"since {when}","consent.expired":"Run out","consent.dnc":"Do not contact: {channels}","channel.all":"all channels","contacts.counts":"What counts","contacts.recent":"Recent contacts","contacts.none":"No contacts yet.","contacts.older":"and {count} older","contacts.planned":"planned","contacts.until":"counts until {when}","contacts.held":"held for this call until {when}","contacts.released":"does not count","contacts.elsewhere":"Contact of another system","limits.title":"Contact limits","limits.used":"{used} of {cap}","limits.per":"in {length}","limits.free":"free again from {when}","limits.never":"used up for good","limits.household":"household","limits.shadow":"on trial","limits.none":"The catalogue has no limits.","pressure.name":"Contact pressure","muted.title":"Resting","muted.until":"until {when}","muted.forever":"for good","muted.level.action":"{name}","muted.level.group":"All of {name}","muted.level.related":"Similar offers ({name})","outcome.sent":"sent","outcome.delivered":"delivered","outcome.impression":"shown","outcome.clicked":"clicked","outcome.accepted":"accepted","outcome.rejected":"refused","outcome.maybe_later":"later","outcome.converted":"bought","outcome.no_response":"no answer","outcome.not_mentioned":"not mentioned","outcome.delivery_failed":"not delivered","outcome.opted_out":"opted out","outcome.complaint":"complaint","outcome.score":"score","outcome.withdrawn":"taken back","outcome.superseded":"superseded","channel.call":"Call","channel.web":"Web","channel.email":"E-mail","channel.letter":"Letter","channel.sms":"SMS","channel.push":"Push","channel.app":"App","length.day.one":"{count} day","length.day.other":"{count} days","length.hour.one":"{count} hour","length.hour.other":"{count} hours","length.minute.one":"{count} minute","length.minute.other":"{count} minutes","wrap.title":"Wrap up","wrap.score":"How likely would you recommend us? 0 to 10","wrap.end":"End the call","wrap.text":"What was not mentioned is let go and does not count.","wrap.summary.title":"Call ended","wrap.summary.one":"{count} proposal was answered.","wrap.summary.other":"{count} proposals were answered.","help.title":"Keyboard","help.open":"Keyboard shortcuts","help.close":"Close","help.context":"Go to the facts of this call","help.actions":"Go to the proposals","help.caller":"Go to the caller's file","help.wrap":"Go to wrap-up","help.move":"From proposal to proposal","help.presented":"Presented","help.accepted":"Accepted","help.refused":"Refused, then a number for the reason","help.later":"Later, then a number for the day","help.unmentioned":"Not mentioned","help.undo":"Undo","help.numbers":"Show the numbers behind it","help.leave":"Leave a choice","help.letters":"Letters work while a proposal has the focus","help.letters.toggle":"Single-letter shortcuts","say.ranked.one":"Ranked: {count} proposal. First: {title}.","say.ranked.other":"Ranked: {count} proposals. First: {title}.","say.ranked.none":"Nothing to propose.","say.recorded":"{title}: {what}.","say.undone":"{title}: taken back.","say.matter":"A matter is open: {title}.","say.closed":"Matter closed: {title}.","say.scored":"Score {score} recorded.","say.complaint":"Complaint recorded.","say.kept":"No connection. Your entry is kept and will be sent.","day.today":"today","day.tomorrow":"tomorrow","day.yesterday":"yesterday","page.title":"Agent screen","page.theme":"Appearance","page.theme.auto":"As the system","page.theme.light":"Light","page.theme.dark":"Dark","page.language":"Language","keys.presented":"p","keys.accepted":"a","keys.refused":"r","keys.later":"l","keys.unmentioned":"n","keys.undo":"u","keys.numbers":"w","matters.banner":"Open: {title}. Sales offers may wait for it.","matters.go":"Go to the matter","actions.list":"Proposals","actions.answered":"Spoken of in this call","reaction.group":"Answer to {title}","contacts.together":"{count} proposals","word.reason":"Reason","word.call_reason":"Reason","word.mood":"Mood","word.billing":"Invoice","word.fault":"Fault","word.move":"Move","word.cancel":"Wants to leave","word.question":"Question","word.complaint":"Complaint","word.order":"Order","word.calm":"Calm","word.unsure":"Unsure","word.annoyed":"Annoyed","word.advertising":"Advertising","word.profiling":"Profiling","word.service":"Service","word.age":"Age","word.country":"Country","word.plan":"Plan","word.contract_end":"Contract ends","word.income":"Income","word.dunning":"Invoice overdue","word.segment":"Segment","contacts.called_off":"called off","contacts.held.elsewhere":"held until {when}"};var Re={en:Ee,de:_t},Tr=Object.keys(Re),Ln=[["day",86400],["hour",3600],["minute",60]],H=class{constructor(e,t,s){this.locale=e;this.labels=t;this.words=s;let r=e.split("-")[0]?.toLowerCase()??"en";this.language=Re[r]?r:"en",this.texts=Re[this.language]??Ee,this.plural=new Intl.PluralRules(this.language)}t(e,t={}){return this.texts[e].replace(/\{(\w+)\}/g,(s,r)=>String(t[r]??s))}n(e,t,s={}){let r=this.plural.select(t)==="one"?"one":"other";return this.t(`${e}.${r}`,{count:t,...s})}has(e){return e in this.texts}label(e,t){let s=e==="channel"&&this.has(`channel.${t}`)?this.t(`channel.${t}`):void 0;return this.configured(e,t)??s??this.catalogued(e,t)??this.word(t)}titled(e,t){return this.configured("action",e)??t}value(e,t){let s=t.text??(t.texts?.items?t.texts.items.join(", "):void 0);if(s!==void 0)return this.configured("value",`${e}:${s}`)??this.word(s);if(t.flag!==void 0)return this.t(t.flag?"value.yes":"value.no");if(t.time!==void 0)return this.date(t.time);let r=t.number??t.integer;return r===void 0?this.t("context.unknown"):new Intl.NumberFormat(this.language,{maximumFractionDigits:2}).format(Number(r))}percent(e){let t=e<.1?1:0;return new Intl.NumberFormat(this.language,{style:"percent",maximumFractionDigits:t}).format(e)}signedPercent(e){return new Intl.NumberFormat(this.language,{style:"percent",signDisplay:"always",maximumFractionDigits:0}).format(e)}number(e,t=2){return new Intl.NumberFormat(this.language,{maximumFractionDigits:t}).format(e)}money(e){let t=this.words?.currency||"EUR";return new Intl.NumberFormat(this.language,{style:"currency",currency:t,maximumFractionDigits:e%1?2:0}).format(e)}clock(e){return this.format(e,{hour:"2-digit",minute:"2-digit"})}date(e){return this.format(e,{day:"numeric",month:"short",year:"numeric"})}when(e,t=Date.now()){let s=new Date(e),r=Math.round((xt(s)-xt(new Date(t)))/864e5),o={"-1":"day.yesterday",0:"day.today",1:"day.tomorrow"}[String(r)];if(o)return`${this.t(o)}, ${this.clock(s)}`;let i=s.getFullYear()===new Date(t).getFullYear()?{}:{year:"numeric"};return`${this.format(s,{weekday:"short",day:"numeric",month:"short",...i})}, ${this.clock(s)}`}length(e){let[t,s]=Ln.find(([,r])=>e%r===0)??["minute",60];return this.n(`length.${t}`,e/s)}format(e,t){return new Intl.DateTimeFormat(this.locale,t).format(new Date(e))}configured(e,t){let s=this.labels[`${e}:${t}`];return typeof s=="object"?s[this.language]??s.en:s}word(e){let t=`word.${e}`;return this.has(t)?this.t(t):Kn(e)}catalogued(e,t){if(e==="action")return this.words?.actions?.find(s=>s.action===t)?.title;if(e==="group")return this.words?.groups?.[t];if(e==="product")return this.words?.actions?.find(s=>s.product===t)?.title}};function Kn(n){let e=n.replace(/[-_.]+/g," ").trim();return e.charAt(0).toUpperCase()+e.slice(1)}function xt(n){return new Date(n.getFullYear(),n.getMonth(),n.getDate()).getTime()}var Tt={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},At=n=>(...e)=>({_$litDirective$:n,values:e}),ae=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,s){this._$Ct=e,this._$AM=t,this._$Ci=s}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};var{I:Un}=et,Et=n=>n;var Rt=()=>document.createComment(""),O=(n,e,t)=>{let s=n._$AA.parentNode,r=e===void 0?n._$AB:e._$AA;if(t===void 0){let o=s.insertBefore(Rt(),r),i=s.insertBefore(Rt(),r);t=new Un(o,i,n,n.options)}else{let o=t._$AB.nextSibling,i=t._$AM,l=i!==n;if(l){let c;t._$AQ?.(n),t._$AM=n,t._$AP!==void 0&&(c=n._$AU)!==i._$AU&&t._$AP(c)}if(o!==r||l){let c=t._$AA;for(;c!==o;){let u=Et(c).nextSibling;Et(s).insertBefore(c,r),c=u}}}return t},T=(n,e,t=n)=>(n._$AI(e,t),n),Jn={},Ct=(n,e=Jn)=>n._$AH=e,It=n=>n._$AH,le=n=>{n._$AR(),n._$AA.remove()};var Dt=(n,e,t)=>{let s=new Map;for(let r=e;r<=t;r++)s.set(n[r],r);return s},Ce=At(class extends ae{constructor(n){if(super(n),n.type!==Tt.CHILD)throw Error("repeat() can only be used in text expressions")}dt(n,e,t){let s;t===void 0?t=e:e!==void 0&&(s=e);let r=[],o=[],i=0;for(let l of n)r[i]=s?s(l,i):i,o[i]=t(l,i),i++;return{values:o,keys:r}}render(n,e,t){return this.dt(n,e,t).values}update(n,[e,t,s]){let r=It(n),{values:o,keys:i}=this.dt(e,t,s);if(!Array.isArray(r))return this.ut=i,o;let l=this.ut??=[],c=[],u,m,p=0,f=r.length-1,h=0,g=o.length-1;for(;p<=f&&h<=g;)if(r[p]===null)p++;else if(r[f]===null)f--;else if(l[p]===i[h])c[h]=T(r[p],o[h]),p++,h++;else if(l[f]===i[g])c[g]=T(r[f],o[g]),f--,g--;else if(l[p]===i[g])c[g]=T(r[p],o[g]),O(n,c[g+1],r[p]),p++,g--;else if(l[f]===i[h])c[h]=T(r[f],o[h]),O(n,r[p],r[f]),f--,h++;else if(u===void 0&&(u=Dt(i,h,g),m=Dt(l,p,f)),u.has(l[p]))if(u.has(l[f])){let w=m.get(i[h]),pe=w!==void 0?r[w]:null;if(pe===null){let Pe=O(n,r[p]);T(Pe,o[h]),c[h]=Pe}else c[h]=T(pe,o[h]),O(n,r[p],pe),r[w]=null;h++}else le(r[f]),f--;else le(r[p]),p++;for(;h<=g;){let w=O(n,c[g+1]);T(w,o[h]),c[h++]=w}for(;p<=f;){let w=r[p++];w!==null&&le(w)}return this.ut=i,Ct(n,c),S}});function Mt(n,e,t){return(n.reasons??[]).slice(0,3).map(r=>t.has(`reason.${r.code}`)?t.t(`reason.${r.code}`,zn(r,n,e,t)):r.text??"")}function Nt(n,e){let t=`reason.${n?.code??""}`,s=n?.text??"";if(!e.has(t)||e.language==="en"&&s)return s;let r=e.label("purpose",n?.subject?.split("/")[1]??"");return e.t(t,{limit:e.label("limit",n?.subject??""),purpose:r})}function zn(n,e,t,s){let r=n.subject??"",o=e.factors;return{chance:s.percent(Number(e.propensity??0)),value:n.code==="context_match"?s.value(r,t[r]??{}):s.money(Number(o?.value??0)),percent:s.signedPercent(Number(o?.lever??1)-1),name:s.label("context",r)}}function Pt(n,e){let{texts:t}=n,s=e.kind==="refused"?Fn(n):Hn(n),r=t.t(e.kind==="refused"?"refuse.title":"later.title");return a`<div class="choices" role="group" data-roving="choice" aria-label=${`${r} ${v(e.proposal,t)}`}>
    <span class="ask" aria-hidden="true">${r}</span>
    ${s.map((o,i)=>a`<button data-choice=${i+1} aria-keyshortcuts=${i+1} @click=${()=>n.react(e.proposal,e.kind,o.reason)}>
        ${o.words}<kbd aria-hidden="true">${i+1}</kbd>
      </button>`)}
    ${e.kind==="later"?jn(n,e):""}
    <button class="quiet push" data-do="cancel" @click=${()=>n.choose(void 0)}>${t.t("do.cancel")}<kbd aria-hidden="true">Esc</kbd></button>
  </div>`}function Fn({texts:n,config:e}){return[...(e.refusals??nt).map(s=>({reason:s,words:Ie(s,n,e)})),{reason:"",words:n.t("refuse.none")}]}function Hn({texts:n}){return[{reason:"",words:n.t("later.none")},{reason:ce(1),words:n.t("later.tomorrow")},{reason:ce(7),words:n.t("later.week")},{reason:ce(30),words:n.t("later.month")}]}function jn(n,{proposal:e,kind:t}){let{texts:s}=n;return a`<form class="day" @submit=${o=>{o.preventDefault();let i=o.target.elements.namedItem("day");i.value&&n.react(e,t,i.value)}}>
    <label class="unseen" for="day">${s.t("later.day")}</label>
    <input id="day" name="day" type="date" min=${ce(1)} required />
    <button>${s.t("context.set")}</button>
  </form>`}function ce(n){let e=new Date;e.setDate(e.getDate()+n);let t=s=>String(s).padStart(2,"0");return`${e.getFullYear()}-${t(e.getMonth()+1)}-${t(e.getDate())}`}function Ot({offer:n,decisionId:e},t){let s=n.factors??{},r=[[t.t("action.chance"),t.percent(Number(n.propensity??0))],[t.t("action.value"),t.money(Number(s.value??0))],[t.t("action.lever"),`× ${t.number(Number(s.lever??1))}`],[t.t("action.moment"),`× ${t.number(Number(s.contextWeight??1))}`],[t.t("action.pick"),t.percent(Number(n.pickProbability??0))],[t.t("action.decision"),e]];return a`<dl class="numbers">${r.map(([o,i])=>a`<div><dt>${o}</dt><dd>${i}</dd></div>`)}</dl>`}var Lt=["presented","accepted","refused","later","unmentioned"];function Kt(n){let{call:e,texts:t}=n,s=e?.proposals??[],r=e?.kept.ended?[]:s.filter(i=>!P(i)),o=s.filter(i=>P(i)||e?.kept.ended);return a`<section class="actions" part="actions" data-region="actions" tabindex="-1" aria-labelledby="actions-title" aria-busy=${e?.deciding?"true":"false"}>
    <div class="head">
      <h2 id="actions-title">${t.t("actions.title")}</h2>
      <span class="busy" ?hidden=${!e?.deciding}>${t.t("actions.deciding")}</span>
      ${e?.kept.ended||e?.deciding?d:a`<button class="quiet push" data-again @click=${()=>e?.again()}>${t.t("actions.refresh")}</button>`}
    </div>
    ${r.length>0?a`<ol class="cards" aria-label=${t.t("actions.list")}>
          ${Ce(r,de,(i,l)=>qn(n,i,l+1))}
        </ol>`:Zn(n,s.length>0)}
    ${o.length>0?a`<h3 class="small">${t.t("actions.answered")}</h3>
          <ul class="answered">
            ${Ce(o,de,i=>Yn(n,i))}
          </ul>`:d}
  </section>`}function de(n){return`${n.decisionId}:${n.offer.action}`}function qn(n,e,t){let{texts:s,call:r}=n,{offer:o}=e,i=`p-${o.action}`,{say:l,...c}=Wn(o.content??{},s.language),u=x(e)?.kind==="presented";return a`<li class="card ${u?"presented":""}" part="proposal" data-action=${o.action} data-decision=${e.decisionId}>
    <div class="card-head">
      <span class="rank" aria-hidden="true">${t}</span>
      <h3 id=${i}>${v(e,s)}</h3>
      ${Gn(e,s)}
    </div>
    ${l?a`<p class="say" part="say"><span class="unseen">${s.t("action.say")}: </span>${l}</p>`:d}
    ${Object.keys(c).length>0?a`<dl class="content">
          ${Object.entries(c).map(([m,p])=>a`<div><dt>${m}</dt><dd>${p}</dd></div>`)}
        </dl>`:d}
    <ul class="why" aria-label=${s.t("action.why")}>
      ${Mt(o,r?.kept.context??{},s).map(m=>a`<li>${m}</li>`)}
    </ul>
    ${n.choice?.proposal===e?Pt(n,n.choice):Vn(n,e,u)}
    ${Bn(n,e)} ${n.open.has(`numbers:${de(e)}`)?Ot(e,s):d}
  </li>`}function Wn(n,e){let t={};for(let[s,r]of Object.entries(n)){let[,o,i]=/^(.+)_([a-z]{2})$/.exec(s)??[];o===void 0||!(o in n)?t[s]??=r:i===e&&(t[o]=r)}return t}function Gn({offer:n,reactions:e},t){let s=(n.reasons??[]).map(r=>r.code);return a`<span class="badges"
    >${e.length>0?a`<span class="badge good">${t.t("done.presented")}</span>`:d}
    ${n.explored?a`<span class="badge learn">${t.t("action.learn")}</span>`:d}
    ${s.includes("mandatory")?a`<span class="badge warn">${t.t("action.mandatory")}</span>`:d}
    ${n.fallback?a`<span class="badge">${t.t("action.fallback")}</span>`:d}</span
  >`}function Vn(n,e,t){let{texts:s}=n,r=t?Lt.filter(l=>l!=="presented"&&l!=="unmentioned"):Lt,o=l=>l==="refused"||l==="later",i=l=>o(l)?n.choose({proposal:e,kind:l}):n.react(e,l);return a`<div class="reactions" role="toolbar" data-roving="card" aria-label=${s.t("reaction.group",{title:v(e,s)})}>
    ${r.map(l=>{let c=s.t(`keys.${l}`);return a`<button class="do-${l}" data-do=${l} aria-keyshortcuts=${c} aria-expanded=${o(l)?"false":d} @click=${()=>i(l)}>
        ${s.t(`do.${l}`)}<kbd aria-hidden="true" ?hidden=${!n.letters}>${c}</kbd>
      </button>`})}
    ${t?a`<button class="quiet" data-do="undo" @click=${()=>n.undo(e)}>${s.t("do.undo")}</button>`:d}
  </div>`}function Bn(n,e){let t=`numbers:${de(e)}`,s=n.open.has(t)?"true":"false";return a`<button class="quiet numbers-toggle" data-do="numbers" aria-expanded=${s} @click=${()=>n.toggle(t)}>
    ${n.texts.t("action.numbers")}
  </button>`}function Yn(n,e){let{texts:t}=n;return a`<li class="answer ${x(e)?.kind}" data-action=${e.offer.action}>
    <span class="title">${v(e,t)}</span>
    <span class="state">${De(e,n)}</span>
    <button class="quiet" data-do="undo" aria-label=${`${t.t("do.undo")}: ${v(e,t)}`} @click=${()=>n.undo(e)}>${t.t("do.undo")}</button>
  </li>`}function v({offer:n},e){return e.titled(n.action??"",n.title??"")}function De(n,{texts:e,config:t}){let s=x(n);return s===void 0?"":s.kind==="refused"&&s.reason?e.t("done.refused.reason",{reason:Ie(s.reason,e,t)}):s.kind==="later"&&s.reason?e.t("done.later.when",{when:e.date(`${s.reason}T12:00`)}):e.t(`done.${s.kind}`)}function Ie(n,e,t){let s=t.labels?.[`refusal:${n}`],r=e.has(`refuse.${n}`)?e.t(`refuse.${n}`):n;return(typeof s=="object"?s[e.language]:s)??r}function Zn({call:n,texts:e},t){if(n===void 0||n.kept.ended)return d;if(n.kept.decider.sequence===0||n.deciding&&n.kept.noOffers.length===0&&!t)return a`<p class="empty" aria-hidden="true"></p>`;let s=[...new Set(n.kept.noOffers.map(r=>Nt(r.reason,e)))].filter(r=>r!=="");return s.length===0&&t?a`<p class="empty">${e.t("actions.done")}</p>`:a`<div class="empty">
    <p><strong>${e.t("actions.none")}</strong></p>
    ${s.length>0?a`<p>${e.t("actions.none.text")}</p>
          <ul class="why">${s.map(r=>a`<li>${r}</li>`)}</ul>`:d}
  </div>`}var Qn=2e3,ue=class{constructor(e,t){this.element=e;this.key=t;this.lost=!1;this.letters=kt(ie());this.helpOpen=!1;this.drafts=new Map;this.open=new Set;this.openMatters=new Set;this.takesFocus=!1;this.nudge=()=>{this.call?.nudge(),this.outbox.flush(),this.words===void 0&&this.describe()};this.shown=()=>{document.visibilityState==="visible"&&this.call?.refresh()};this.base=(e.baseUrl||location.origin).replace(/\/$/,""),this.key||=wt(M(),this.base),this.texts=new H(e.locale,{},void 0),this.speaker=new re(()=>this.draw()),this.server=new se(this.base,()=>this.key,s=>this.heard(s)),this.outbox=new ne(this.server,s=>this.sent(s),()=>this.draw(),ie())}get config(){return this.element.config}get standalone(){return this.element.standalone}start(){addEventListener("online",this.nudge),document.addEventListener("visibilitychange",this.shown),this.speak(),this.describe(),this.outbox.flush(),!this.element.customer&&this.standalone&&(this.element.customer=Te(M(),this.base)?.settings.customer??"")}stop(){this.call?.close(),this.outbox.close(),removeEventListener("online",this.nudge),document.removeEventListener("visibilitychange",this.shown)}speak(){this.texts=new H(this.element.locale,this.config.labels??{},this.words),this.draw()}answer(){let{customer:e,callId:t}=this.element;if(!e)return this.call&&this.leaveCall();if(this.words===void 0)return;let s=Te(M(),this.base),r=s&&s.settings.customer===e&&(t===""||s.settings.callId===t);if(!(this.call&&r)){this.call?.close(),this.call=new ee(this.server,this.outbox,this.callHost(),r?s:this.callSettings()),this.choice=void 0;for(let o of[this.drafts,this.open,this.openMatters])o.clear();this.call.begin(),this.element.emit("nba-call-started",{customer:e,callId:this.call.settings.callId})}}ring(e){this.takesFocus=!0,this.element.callId="",this.element.customer=e}hangUp(){this.leaveCall(),this.element.customer="",this.element.emit("nba-next",{}),this.element.drawn(e=>e.querySelector("#customer")?.focus())}signIn(e){$t(M(),this.base,e),this.useKey(e)}useKey(e){this.key=e,this.keyFault=void 0,this.nudge(),this.draw()}react(e,t,s=""){this.choice=void 0,this.call?.react(e,t,s),P(e)&&this.moveOn(e)}undo(e){this.call?.undo(e)}choose(e){let t=this.choice;this.choice=e,this.draw(),this.element.drawn(s=>{let r=({proposal:o},i)=>s.querySelector(`li.card[data-action="${CSS.escape(o.offer.action??"")}"] ${i}`);e?r(e,"[data-choice]")?.focus():t&&r(t,`[data-do="${t.kind}"]`)?.focus()})}toggle(e){this.open.delete(e)||this.open.add(e),this.draw()}go(e){this.element.drawn(t=>te(t,e))}draft(e,t){this.drafts.set(e,t),this.open.delete(`missing:${e}`),e==="fact"&&this.draw()}closeMatter(e,t){let s=`note-${e}`,r=(this.drafts.get(s)??"").trim();if(r==="")return this.open.add(`missing:${s}`),this.speaker.warn(this.texts.t("matters.note.missing")),this.element.drawn(o=>o.getElementById(s)?.focus());this.drafts.delete(s),this.call?.closeMatter(e,r,t),this.element.drawn(o=>o.querySelector('[data-region="matters"]')?.focus()),this.say(this.texts.t("say.closed",{title:t})),this.element.emit("nba-matter-closed",{matterId:e,note:r})}complain(){let e=(this.drafts.get("complaint")??"").trim();this.drafts.delete("complaint"),this.open.delete("complaint"),this.call?.complain(e),this.say(this.texts.t("say.complaint")),this.element.emit("nba-complaint",{text:e}),this.element.drawn(t=>t.querySelector("[data-complain]")?.focus())}score(e){this.call?.giveScore(e),this.say(this.texts.t("say.scored",{score:e})),this.element.emit("nba-score",{value:e})}end(){this.choice=void 0,this.call?.end();let e=(this.call?.proposals??[]).map(t=>({action:t.offer.action,reaction:t.reactions.at(-1)}));this.element.emit("nba-call-ended",{customer:this.element.customer,callId:this.call?.settings.callId,reactions:e}),this.say(this.texts.t("ring.ended")),this.go("wrap")}help(e){this.helpOpen=e,this.draw()}setLetters(e){this.letters=e,St(ie(),e),this.draw()}draw(){this.element.requestUpdate()}async describe(){try{this.words=await this.server.describe(),this.keyFault=void 0,this.speak(),this.call||this.answer()}catch(e){this.failed(e)}}leaveCall(){this.call?.close(),this.call=void 0,Ae(M(),this.base,void 0),this.draw()}callSettings(){let e=(this.words?.channels??[]).filter(l=>!l.outbound).map(l=>l.channel??""),{customer:t,callId:s,channel:r,placement:o,agent:i}=this.element;return{customer:t,agent:i,callId:s||crypto.randomUUID(),channel:r||this.config.channel||(e.includes("call")?"call":e[0]??"call"),placement:o||this.config.placement||""}}callHost(){return{changed:()=>this.changed(),ranked:e=>this.ranked(e),reacted:(e,t)=>{this.say(this.texts.t("say.recorded",{title:v(e,this.texts),what:De(e,this)})),this.element.emit("nba-reaction",{decisionId:e.decisionId,action:e.offer.action,...t})},undone:(e,t)=>{this.speaker.say(this.texts.t("say.undone",{title:v(e,this.texts)})),this.element.emit("nba-reaction-undone",{decisionId:e.decisionId,action:e.offer.action,...t})}}}changed(){this.call&&Ae(M(),this.base,this.call.kept);for(let t of this.call?.file?.matters??[]){let s=t.matterId??"";t.open?this.openMatters.has(s)||(this.openMatters.add(s),this.speaker.warn(this.texts.t("say.matter",{title:t.title??""}))):this.openMatters.delete(s)}let e=this.call?.decideFault??this.call?.fileFault;e?.aboutKey&&this.failed(e),this.draw()}ranked(e){let t=e.filter(r=>!P(r)),s=t[0]?v(t[0],this.texts):"";this.speaker.say(t.length>0?this.texts.n("say.ranked",t.length,{title:s}):this.texts.t("say.ranked.none")),this.choice&&!e.includes(this.choice.proposal)&&(this.choice=void 0),this.takesFocus&&this.go("actions"),this.takesFocus=!1,this.element.emit("nba-ranked",{actions:t.map(r=>r.offer)})}sent(e){this.call?.heard(e),this.element.emit("nba-sent",{id:e.id})}heard(e){this.lost===e&&(this.lost=!e,e?(this.speaker.say(this.texts.t("link.back")),this.nudge()):this.speaker.warn(this.texts.t("link.lost.text")),this.element.emit("nba-connection",{connected:e}))}say(e){this.speaker.say(this.lost?`${e} ${this.texts.t("say.kept")}`:e)}failed(e){if(!(e instanceof b))throw e;if(e.kind==="no-key"&&this.key)return this.nudge();e.aboutKey?this.keyFault=e:e.passing&&this.words===void 0&&setTimeout(this.nudge,Qn),this.draw()}moveOn(e){this.element.drawn(t=>{let s=`li.answer[data-action="${CSS.escape(e.offer.action??"")}"] button`;(t.querySelector("li.card button")??t.querySelector(s))?.focus()})}};var Xn={F2:"context",F4:"actions",F8:"caller",F9:"wrap"},es=["ArrowRight"],ts=["ArrowLeft"];function Ut(n,e){if(n.ctrlKey||n.altKey||n.metaKey||n.defaultPrevented)return;let t=Xn[n.key];(t?(e.go(t),!0):ns(n)?ss(n,e):rs(n,e)||is(n,e)||as(n,e))&&n.preventDefault()}function Jt(n){for(let e of n.querySelectorAll("[data-roving]")){let t=zt(e),s=t.find(i=>i===n.activeElement)??t.find(i=>i.tabIndex===0)??t[0],r=t.find(i=>i.getAttribute("aria-pressed")==="true"),o=n.activeElement&&e.contains(n.activeElement)?s:r??t[0];for(let i of t)i.tabIndex=i===o?0:-1}}function ns(n){let e=n.composedPath()[0];return e instanceof HTMLInputElement?e.type!=="checkbox":e instanceof HTMLTextAreaElement||e instanceof HTMLSelectElement}function ss(n,e){let t=n.composedPath()[0].closest('[data-roving="choice"]')!==null;return n.key!=="Escape"||!t?!1:(e.leave(),!0)}function rs(n,e){let t=e.root.activeElement,s=t?.closest("[data-roving]");if(!(t instanceof HTMLElement)||!s)return!1;if(n.key==="ArrowDown"||n.key==="ArrowUp")return os(e.root,t,n.key==="ArrowDown"?1:-1);let r=zt(s),o=r.indexOf(t),i=es.includes(n.key)?(o+1)%r.length:ts.includes(n.key)?(o-1+r.length)%r.length:n.key==="Home"?0:n.key==="End"?r.length-1:-1;return Ft(r[i])}function os(n,e,t){let s=[...n.querySelectorAll("li.card")],r=s.findIndex(i=>i.contains(e)),o=s[r+t];return r<0||!o?r>=0:Ft(o.querySelector(`[data-do="${e.dataset.do??""}"]`)??o.querySelector("button"))}function is(n,e){let t=e.root.activeElement?.closest('[data-roving="choice"]');if(!t)return!1;if(n.key==="Escape")return e.leave(),!0;let s=t.querySelector(`[data-choice="${CSS.escape(n.key)}"]`);return s?.click(),s!==null}function as(n,e){let t=e.root.activeElement?.closest("li.card, li.answer");if(!e.letters||!t)return!1;if(n.key==="?")return e.help(),!0;let s=e.letter(n.key.toLowerCase()),r=s?t.querySelector(`[data-do="${s}"]`):null;return r?.click(),r!==null}function zt(n){return[...n.querySelectorAll("button:not(:disabled)")]}function Ft(n){return n?.focus(),n!=null}var Ht=y`
  *,
  *::before {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  form {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 0.8125rem;
    font-weight: 650;
    letter-spacing: 0.01em;
  }
  h3 {
    font-size: 0.9375rem;
    font-weight: 600;
    line-height: 1.3;
  }
  .panel h3,
  h3.small {
    color: var(--_faint);
    font-size: 0.75rem;
    font-weight: 600;
  }
  small {
    font-weight: 400;
    color: var(--_faint);
    font-size: 0.75rem;
  }
  .faint {
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .unseen,
  .narrow-name {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button,
  input,
  select,
  textarea {
    min-block-size: 2rem;
    padding: 0.25rem 0.625rem;
    border: 1px solid var(--_edge);
    border-radius: calc(var(--_radius) - 2px);
    color: inherit;
    background: var(--_surface);
    font: inherit;
  }
  button {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
    justify-content: center;
    font-weight: 550;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--_sunken);
  }
  button:disabled {
    color: var(--_faint);
    border-color: var(--_line);
    cursor: default;
  }
  button.primary {
    color: var(--_on-accent);
    background: var(--_accent);
    border-color: var(--_accent);
  }
  button.primary:hover {
    filter: brightness(1.08);
    background: var(--_accent);
  }
  button.quiet {
    padding-inline: 0.375rem;
    color: var(--_accent);
    background: none;
    border-color: transparent;
    font-weight: 500;
  }
  button.quiet:hover {
    background: var(--_accent-wash);
  }
  textarea {
    inline-size: 100%;
    padding-block: 0.375rem;
    resize: vertical;
  }
  :is(button, input, select, textarea, section, summary):focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  section:focus {
    border-radius: var(--_radius);
  }
  kbd {
    padding: 0 0.25rem;
    border: 1px solid var(--_line);
    border-radius: 3px;
    color: var(--_faint);
    background: var(--_surface);
    font: 500 0.6875rem/1.3 var(--_font);
  }
  .reactions kbd,
  .choices kbd {
    text-transform: uppercase;
  }
  .badge {
    padding: 0.0625rem 0.5rem;
    border-radius: 99px;
    color: var(--_faint);
    background: var(--_sunken);
    font-size: 0.75rem;
    font-weight: 600;
    white-space: nowrap;
  }
  .badge.good {
    color: var(--_good);
    background: var(--_good-wash);
  }
  .badge.warn {
    color: var(--_warn);
    background: var(--_warn-wash);
  }
  .badge.learn {
    color: var(--_learn);
    background: var(--_learn-wash);
  }
  .chip {
    min-block-size: 1.75rem;
    padding: 0.125rem 0.625rem;
    border-radius: 99px;
    font-weight: 500;
  }
  .chip[aria-pressed="true"],
  .chip[aria-pressed="true"]:hover:not(:disabled),
  .chip.set {
    color: var(--_on-accent);
    background: var(--_accent);
    border-color: var(--_accent);
  }
  span.chip {
    display: inline-flex;
    align-items: center;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
  }
  .stack {
    display: grid;
    gap: 0.375rem;
    justify-items: start;
    margin-block-start: 0.5rem;
  }
  .stack label {
    font-size: 0.8125rem;
  }
  .notice {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: center;
    padding: 0.375rem 0.75rem;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .notice.warn {
    color: var(--_warn);
    background: var(--_warn-wash);
  }
  .notice.bad {
    color: var(--_bad);
    background: var(--_bad-wash);
  }
  .notice button.quiet {
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .bad-text {
    color: var(--_bad);
    font-size: 0.8125rem;
  }
  .push {
    margin-inline-start: auto;
  }
  [hidden] {
    display: none !important;
  }
  @media (forced-colors: active) {
    .chip[aria-pressed="true"] {
      border-width: 3px;
    }
  }
`;var jt=y`
  .facts-list {
    display: grid;
    gap: 0.1875rem;
  }
  .facts-list div {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: minmax(0, 2fr) minmax(0, 3fr);
    align-items: baseline;
  }
  .facts-list dt {
    font-size: 0.8125rem;
  }
  .tags {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
  }
  .tags li {
    padding: 0.0625rem 0.5rem;
    border-radius: 4px;
    background: var(--_sunken);
    font-size: 0.8125rem;
  }
  .consents li,
  .mutes li {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    justify-content: space-between;
    font-size: 0.8125rem;
  }
  .consents li + li,
  .mutes li + li {
    margin-block-start: 0.1875rem;
  }
  .yes {
    color: var(--_good);
    font-weight: 600;
  }
  .no {
    color: var(--_bad);
    font-weight: 600;
  }
  .matter + .matter {
    margin-block-start: 0.75rem;
    padding-block-start: 0.75rem;
    border-block-start: 1px solid var(--_line);
  }
  .matter {
    display: grid;
    gap: 0.25rem;
  }
  .panel .matter h3 {
    color: var(--_text);
    font-size: 0.875rem;
  }
  .matters:has(.matter.open) {
    border-color: var(--_warn);
  }
  .matter-head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: baseline;
    justify-content: space-between;
  }
  .advice {
    font-weight: 550;
  }
  .note {
    padding-inline-start: 0.625rem;
    border-inline-start: 3px solid var(--_line);
    white-space: pre-line;
  }
  .matters > ul:has(li) ~ button {
    margin-block-start: 0.25rem;
  }
  .matters > button {
    justify-self: start;
    margin-inline-start: -0.375rem;
  }
  .profile > button {
    justify-self: start;
    margin-inline-start: -0.375rem;
  }
  .limits {
    display: grid;
    gap: 0.5rem;
  }
  .limit {
    display: grid;
    gap: 0 0.75rem;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    font-size: 0.8125rem;
  }
  .limit-use {
    grid-column: 1 / -1;
    color: var(--_faint);
    font-size: 0.75rem;
  }
  .meter .on {
    fill: var(--_accent);
  }
  .meter .off {
    fill: none;
    stroke: var(--_edge);
  }
  .limit.full .on {
    fill: var(--_warn);
  }
  .limit.full strong {
    color: var(--_warn);
    font-weight: 600;
  }
  .history {
    display: grid;
  }
  .entry {
    display: grid;
    gap: 0 0.625rem;
    padding-block: 0.375rem;
    grid-template-columns: 3.75rem minmax(0, 1fr);
    font-size: 0.8125rem;
  }
  .entry + .entry {
    border-block-start: 1px solid var(--_line);
  }
  .channel {
    grid-row: span 2;
    color: var(--_faint);
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.55;
  }
  .entry-title {
    font-weight: 550;
  }
  .entry time,
  .entry-state {
    grid-column: 2;
    color: var(--_faint);
    font-size: 0.75rem;
  }
  .entry.over .entry-title {
    color: var(--_faint);
    font-weight: 400;
  }
  .help {
    inline-size: min(30rem, calc(100vw - 2rem));
    padding: 1.25rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) + 4px);
    color: var(--_text);
    background: var(--_surface);
  }
  .help::backdrop {
    background: rgb(0 0 0 / 45%);
  }
  .help h2 {
    margin-block-end: 0.75rem;
    font-size: 1rem;
  }
  .help dl {
    display: grid;
    gap: 0.25rem;
    margin-block-end: 0.75rem;
  }
  .help dl div {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: 4rem 1fr;
    align-items: baseline;
  }
  .help kbd {
    padding-inline: 0.375rem;
    font-size: 0.8125rem;
  }
  .help .check {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    margin-block: 0.5rem 1rem;
  }
  .help .check input {
    min-block-size: 1rem;
    inline-size: 1rem;
    block-size: 1rem;
  }
`;var qt=y`
  .pick {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
    align-items: center;
  }
  .field {
    flex: 0 0 auto;
    min-inline-size: 6.5rem;
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .more-facts {
    display: grid;
    gap: 0.375rem;
    justify-items: start;
    margin-block: -0.25rem -0.25rem;
    margin-inline-start: -0.375rem;
  }
  .more-facts form {
    padding-inline-start: 0.375rem;
  }
  .actions {
    display: grid;
    gap: 0.5rem;
  }
  .head {
    display: flex;
    gap: 0.75rem;
    align-items: baseline;
    min-block-size: 2rem;
    padding-inline: 0.25rem 0;
  }
  .busy {
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .cards {
    display: grid;
    gap: 0.625rem;
  }
  .card {
    position: relative;
    display: grid;
    gap: 0.5rem;
    padding: 0.875rem 1rem 0.75rem 1.125rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  .card::before {
    position: absolute;
    inset-block: -1px;
    inset-inline-start: -1px;
    inline-size: 4px;
    border-radius: var(--_radius) 0 0 var(--_radius);
    background: transparent;
    content: "";
  }
  .card:focus-within::before {
    background: var(--_accent);
  }
  .card.presented::before {
    background: var(--_good);
  }
  .card:focus-within {
    border-color: var(--_edge);
  }
  .card-head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.625rem;
    align-items: baseline;
  }
  .card-head h3 {
    font-size: 1rem;
  }
  .rank {
    min-inline-size: 1ch;
    color: var(--_faint);
    font-size: 1rem;
    font-weight: 600;
  }
  .card-head {
    padding-inline-end: 4.5rem;
  }
  .numbers-toggle {
    position: absolute;
    inset-block-start: 0.625rem;
    inset-inline-end: 0.625rem;
    min-block-size: 1.75rem;
    font-size: 0.8125rem;
  }
  .badges {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.375rem;
  }
  .say {
    max-inline-size: 68ch;
    font-size: 1.0625rem;
    line-height: 1.45;
    text-wrap: pretty;
  }
  .say::before {
    content: "“";
  }
  .say::after {
    content: "”";
  }
  .say:lang(de)::before {
    content: "„";
  }
  .say:lang(de)::after {
    content: "“";
  }
  .content,
  .numbers {
    display: grid;
    gap: 0.125rem 1.25rem;
    grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr));
    font-size: 0.8125rem;
  }
  .content div,
  .numbers div {
    display: grid;
  }
  .numbers div:last-child {
    grid-column: 1 / -1;
  }
  .numbers {
    padding-block-start: 0.5rem;
    border-block-start: 1px solid var(--_line);
  }
  dt {
    color: var(--_faint);
    font-size: 0.75rem;
  }
  dd {
    overflow-wrap: anywhere;
  }
  .why li {
    position: relative;
    padding-inline-start: 1rem;
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .why li::before {
    position: absolute;
    inset-inline-start: 0.25rem;
    content: "·";
    font-weight: 700;
  }
  .reactions,
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
    align-items: center;
    margin-block-start: 0.125rem;
  }
  .reactions .do-accepted {
    color: var(--_good);
    border-color: currentcolor;
  }
  .reactions .do-accepted:hover {
    background: var(--_good-wash);
  }
  .choices {
    padding: 0.5rem;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .ask {
    padding-inline: 0.25rem;
    font-weight: 600;
  }
  .day {
    display: inline-flex;
    gap: 0.25rem;
  }
  .answered {
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  .answer {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    align-items: center;
    padding: 0.125rem 0.5rem 0.125rem 1rem;
  }
  .answer + .answer {
    border-block-start: 1px solid var(--_line);
  }
  .answer .title {
    font-weight: 550;
  }
  .answer .state {
    flex: 1;
    color: var(--_faint);
  }
  .answer.accepted .state {
    color: var(--_good);
  }
  .empty {
    display: grid;
    gap: 0.375rem;
    min-block-size: 6rem;
    align-content: center;
    padding: 1rem;
    border: 1px dashed var(--_line);
    border-radius: var(--_radius);
  }
  .wrap {
    gap: 0.75rem;
  }
  .scores {
    display: grid;
    gap: 0.375rem;
  }
  .score-row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
  }
  .score {
    min-inline-size: 2.25rem;
    padding-inline: 0.25rem;
    border-radius: calc(var(--_radius) - 2px);
  }
`;var Wt=y`
  .screen {
    display: grid;
    gap: 0.75rem;
    padding: 0 0.75rem 0.75rem;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
    min-block-size: 3.25rem;
    margin-inline: -0.75rem;
    padding: 0.375rem 1rem;
    border-block-end: 1px solid var(--_line);
    background: var(--_surface);
  }
  .caller,
  .facts,
  .bar-end,
  .ring {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: baseline;
  }
  .bar-end,
  .ring {
    align-items: center;
  }
  .name {
    font-size: 1.125rem;
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  .facts {
    color: var(--_faint);
  }
  .live::before {
    display: inline-block;
    inline-size: 0.5rem;
    block-size: 0.5rem;
    margin-inline-end: 0.375rem;
    border-radius: 50%;
    background: var(--_good);
    content: "";
  }
  .link {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .lamp {
    inline-size: 0.5rem;
    block-size: 0.5rem;
    border-radius: 50%;
    background: var(--_good);
  }
  .link.sending .lamp {
    background: var(--_accent);
  }
  .link.lost {
    color: var(--_warn);
    font-weight: 600;
  }
  .link.lost .lamp {
    border-radius: 1px;
    background: var(--_warn);
  }
  .notices {
    display: grid;
    gap: 0.5rem;
  }
  .notices:not(:has(*)) {
    display: none;
  }
  .sign-in {
    display: grid;
    justify-items: start;
    padding: 1rem;
  }
  .sign-in h2 {
    font-size: 1rem;
  }
  .columns {
    display: grid;
    gap: 0.75rem;
    align-items: start;
    grid-template-columns: minmax(0, 1fr);
  }
  .work,
  .file {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: minmax(0, 1fr);
  }
  .panel,
  .context,
  .wrap {
    display: grid;
    gap: 0.5rem;
    align-content: start;
    padding: 0.75rem 1rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    overflow-wrap: anywhere;
  }
  .panel > h3 {
    margin-block: 0.375rem -0.25rem;
  }
  .panel > h2:not(:first-child) {
    margin-block-start: 0.75rem;
  }
  .idle {
    display: grid;
    gap: 0.25rem;
    justify-items: center;
    padding: 15vh 1rem;
    color: var(--_faint);
    text-align: center;
  }
  .idle h2 {
    color: var(--_text);
    font-size: 1.125rem;
  }
  @container (width >= 44rem) {
    .columns {
      grid-template-columns: minmax(0, 1.7fr) minmax(15rem, 1fr);
    }
    .work {
      grid-row: span 2;
    }
  }
  @container (width >= 72rem) {
    .columns {
      grid-template-columns: minmax(0, 2fr) minmax(16rem, 1fr) minmax(18rem, 1.1fr);
    }
  }
  @container (width < 44rem) {
    .wide-only {
      display: none;
    }
    .pick .field {
      flex-basis: 100%;
    }
    .screen {
      padding-inline: 0.5rem;
    }
    .bar {
      margin-inline: -0.5rem;
    }
  }
`;var Gt=y`
  :host {
    color-scheme: light dark;
    display: block;
    container-type: inline-size;
    --_ground: var(--nba-ground, light-dark(#f4f5f7, #11161d));
    --_surface: var(--nba-surface, light-dark(#ffffff, #1a212b));
    --_sunken: var(--nba-sunken, light-dark(#edf0f4, #242d39));
    --_line: var(--nba-line, light-dark(#dbe1e8, #313c4a));
    --_edge: var(--nba-edge, light-dark(#76828f, #7d8a9a));
    --_text: var(--nba-text, light-dark(#16202b, #e7ecf2));
    --_faint: var(--nba-faint, light-dark(#54606d, #a3afbd));
    --_accent: var(--nba-accent, light-dark(#0f5a8a, #7cc0ee));
    --_on-accent: var(--nba-on-accent, light-dark(#ffffff, #06202f));
    --_accent-wash: var(--nba-accent-wash, light-dark(#e4f0f8, #17334a));
    --_good: light-dark(#12663f, #77d3a4);
    --_good-wash: light-dark(#e3f4ea, #16332a);
    --_warn: light-dark(#7a4300, #f4bd78);
    --_warn-wash: light-dark(#fdf2df, #372913);
    --_bad: light-dark(#a61d16, #ffa39b);
    --_bad-wash: light-dark(#fdebe9, #3d1c1a);
    --_learn: light-dark(#5d3691, #cdb0f6);
    --_learn-wash: light-dark(#f2ebfb, #2d2240);
    --_radius: var(--nba-radius, 8px);
    --_font: var(--nba-font, Inter, "Segoe UI Variable Text", "Segoe UI", "Noto Sans", "Liberation Sans", system-ui, -apple-system, sans-serif);
    color: var(--_text);
    background: var(--_ground);
    font: 400 0.875rem/1.45 var(--_font);
    font-variant-numeric: tabular-nums;
    text-align: start;
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
  :host([hidden]) {
    display: none;
  }
`;var Vt=[Gt,Ht,Wt,qt,jt];function Bt(n){let{call:e,texts:t}=n;return a`<header class="bar" part="bar">
    ${e?ls(n):cs(n)}
    <div class="bar-end">
      ${ds(n)}
      <button class="quiet" aria-keyshortcuts="?" aria-haspopup="dialog" data-help @click=${()=>n.help(!0)}>
        <span aria-hidden="true">⌨</span><span class="wide-only"> ${t.t("help.title")}</span
        ><span class="narrow-name">${t.t("help.open")}</span>
      </button>
      ${e&&n.standalone?a`<button @click=${()=>n.hangUp()}>${t.t("ring.next")}</button>`:d}
    </div>
  </header>`}function ls({call:n,texts:e}){let t=n?.settings.customer??"",s=n?.file?.customer?.attributes?.name?.text,r=n?.kept.ended?e.t("ring.ended"):e.t("ring.since",{time:e.clock(n?.kept.startedAt??0)});return a`<div class="caller">
    <h2 class="name">${s??t}</h2>
    <p class="facts">${s?a`<span class="id">${t}</span>`:d}<span class=${n?.kept.ended?"ended":"live"}>${r}</span></p>
  </div>`}function cs(n){let{texts:e}=n;return n.standalone?a`<form class="ring" @submit=${s=>{s.preventDefault();let r=s.target.elements.namedItem("customer");r.value.trim()&&n.ring(r.value.trim())}}>
    <label for="customer">${e.t("ring.label")}</label>
    <input id="customer" name="customer" autocomplete="off" spellcheck="false" placeholder=${e.t("ring.hint")} required />
    <button class="primary">${e.t("ring.start")}</button>
  </form>`:a`<div class="caller"><h2 class="name">${e.t("ring.empty.title")}</h2></div>`}function ds({outbox:n,lost:e,texts:t}){let s=n.waiting.length,r=e?"lost":s>0?"sending":"well",o=e?t.t("link.lost"):s>0?t.t("outbox.sending"):t.t("outbox.saved");return a`<p class="link ${r}" part="link" data-waiting=${s}>
    <span class="lamp" aria-hidden="true"></span>${o}${e&&s>0?a` · ${t.n("outbox.waiting",s)}`:d}
  </p>`}var us=8;function Yt(n){let{texts:e,call:t}=n,s=t?.file?.contacts;return a`<section class="panel contacts" part="contacts" aria-labelledby="counts-title">
    <h2 id="counts-title">${e.t("contacts.counts")}</h2>
    ${s===void 0?a`<p class="faint">…</p>`:a`${ps(n,s)} ${fs(n,s)}
          <h2>${e.t("contacts.recent")}</h2>
          ${bs(n,s)}`}
  </section>`}function ps(n,e){let{texts:t}=n,s=e.limits??[],r=e.pressures??[];return s.length+r.length===0?a`<p class="faint">${t.t("limits.none")}</p>`:a`<ul class="limits" aria-label=${t.t("limits.title")}>
    ${s.map(o=>hs(n,o,e))} ${r.map(o=>ms(n,o))}
  </ul>`}function hs({texts:n},e,t){let s=[e.household?n.t("limits.household"):"",e.shadow?n.t("limits.shadow"):""].filter(i=>i!==""),r=n.t("limits.per",{length:n.length(Number(e.windowSeconds??0))}),o=e.until?n.t("limits.free",{when:n.when(e.until,t.at)}):n.t("limits.never");return a`<li class=${e.usedUp&&!e.shadow?"limit full":"limit"} data-limit=${e.limit}>
    <span class="limit-name">${n.label("limit",e.limit??"")}${s.map(i=>a` <small>${i}</small>`)}</span>
    ${Zt(e.used??0,e.cap??0)}
    <span class="limit-use">${n.t("limits.used",{used:e.used??0,cap:e.cap??0})} ${r}${e.usedUp?a` · <strong>${o}</strong>`:d}</span>
  </li>`}function ms({texts:n},e){let t=(e.channels??[]).filter(s=>s.usedUp);return a`<li class=${t.length>0&&!e.shadow?"limit full":"limit"}>
    <span class="limit-name">${n.label("limit",e.pressure??"")} <small>${n.t("pressure.name")}</small></span>
    ${Zt(Number(e.level??0),Number(e.budget??0))}
    <span class="limit-use">${n.t("limits.used",{used:n.number(Number(e.level??0)),cap:n.number(Number(e.budget??0))})}</span>
  </li>`}function Zt(n,e){if(Number.isInteger(n)&&e<=us){let s=Array.from({length:Math.max(e,n)},(r,o)=>Ze`<circle class=${o<n?"on":"off"} cx=${6+o*13} cy="6" r="4.5"></circle>`);return a`<svg class="meter" aria-hidden="true" width=${Math.max(e,n)*13} height="12">${s}</svg>`}let t=e>0?Math.min(1,n/e):0;return a`<svg class="meter" aria-hidden="true" width="104" height="12">
    <rect class="off" x="0.5" y="3" width="103" height="6" rx="3"></rect>
    <rect class="on" x="0.5" y="3" width=${103*t} height="6" rx="3"></rect>
  </svg>`}function fs(n,e){let{texts:t}=n,s=e.suppressions??[];return s.length===0?d:a`<h3>${t.t("muted.title")}</h3>
    <ul class="mutes">${s.map(r=>a`<li><span>${gs(n,r)}</span><small>${r.until?t.t("muted.until",{when:t.when(r.until,e.at)}):t.t("muted.forever")}</small></li>`)}</ul>`}function gs({texts:n},e){let t=e.key??"",s=e.channel&&e.channel!=="*"?` · ${n.label("channel",e.channel)}`:"";return e.level==="group"?n.t("muted.level.group",{name:n.label("group",t)})+s:e.level==="related"?n.t("muted.level.related",{name:t.split("=").pop()??t})+s:n.t("muted.level.action",{name:n.label("action",t)})+s}function bs(n,e){let{texts:t}=n,s=(e.contacts??[]).filter(c=>c.state!=="CONTACT_STATE_RELEASED"||(c.outcomes?.length??0)>0);if(s.length===0)return a`<p class="faint">${t.t("contacts.none")}</p>`;let r=(e.totalContacts??0)-(e.contacts?.length??0),o=c=>c.state==="CONTACT_STATE_RESERVED"&&!c.outbound&&(c.outcomes?.length??0)===0,i=s.filter(c=>!o(c)),l=Map.groupBy(s.filter(o),c=>c.decisionId??"");return a`<ol class="history">
      ${[...l.values()].map(c=>ys(n,c,e))} ${i.map(c=>Qt(n,c,e))}
    </ol>
    ${r>0?a`<p class="faint">${t.t("contacts.older",{count:r})}</p>`:d}`}function ys(n,e,t){let{texts:s}=n,[r]=e;return r===void 0||e.length===1?a`${e.map(o=>Qt(n,o,t))}`:a`<li class="entry" data-state=${r.state}>
    <span class="channel">${s.label("channel",r.channel??"")}</span>
    <span class="entry-title">${s.t("contacts.together",{count:e.length})}</span>
    <time datetime=${r.at??""}>${s.when(r.at??0,t.at)}</time>
    <span class="entry-state">${Xt(n,r,t)}</span>
  </li>`}function Qt(n,e,t){let{texts:s}=n,r=e.at!==void 0&&t.at!==void 0&&Date.parse(e.at)>Date.parse(t.at),o=r&&e.state==="CONTACT_STATE_RELEASED",i=(e.outcomes??[]).filter(u=>!u.withdrawn),l=o?[s.t("contacts.called_off")]:i.map(u=>vs(n,u.type??"")),c=e.action?s.label("action",e.action):s.t("contacts.elsewhere");return a`<li class=${e.counts?"entry":"entry over"} data-action=${e.action} data-state=${e.state}>
    <span class="channel ${e.channel}">${s.label("channel",e.channel??"")}</span>
    <span class="entry-title">${c}</span>
    <time datetime=${e.at??""}>${s.when(e.at??0,t.at)}${r&&!o?a` · <strong>${s.t("contacts.planned")}</strong>`:d}</time>
    <span class="entry-state">${[...l,Xt(n,e,t)].filter(u=>u!=="").join(" · ")}</span>
  </li>`}function vs({texts:n},e){let t=`outcome.${e.replace("OUTCOME_TYPE_","").toLowerCase()}`;return n.has(t)?n.t(t):t}function Xt({texts:n,call:e},t,s){if(t.state==="CONTACT_STATE_RELEASED")return n.t("contacts.released");if(t.state==="CONTACT_STATE_RESERVED"&&t.reservedUntil&&!t.outbound){let o=t.decisionId===e?.kept.decider.superseded;return n.t(o?"contacts.held":"contacts.held.elsewhere",{when:n.clock(t.reservedUntil)})}let r=dt(t,s);return r?n.t("contacts.until",{when:n.when(r,s.at)}):t.counts?"":n.t("contacts.released")}function en(n){let{texts:e,call:t,words:s}=n,r=[...s?.context??[]].sort((u,m)=>Number(/reason/.test(m.name??""))-Number(/reason/.test(u.name??""))),o=new Set(n.config.context??r.filter(u=>(u.values?.length??0)>0).map(u=>u.name??"")),i=[...o].flatMap(u=>r.filter(m=>m.name===u)),l=r.filter(u=>!o.has(u.name??"")),c=l.filter(u=>t?.kept.context[u.name??""]!==void 0);return a`<section class="context" part="context" data-region="context" tabindex="-1" aria-labelledby="context-title">
    <h2 id="context-title">${e.t("context.title")}</h2>
    ${i.map(u=>ws(n,u))}
    ${c.map(u=>ks(n,u))}
    ${l.length>0&&!t?.kept.ended?Ss(n,l):d}
  </section>`}function ws(n,e){let{texts:t,call:s}=n,r=e.name??"",o=t.label("context",r),i=e.type==="boolean"?[{flag:!0},{flag:!1}]:(e.values??[]).map(c=>({text:c})),l=s?.kept.context[r];return i.length===0?$s(n,e,o):a`<div class="pick" role="toolbar" data-roving="pick" data-field=${r} aria-label=${o}>
    <span class="field" title=${e.description??""} aria-hidden="true">${o}</span>
    ${i.map(c=>{let u=JSON.stringify(c)===JSON.stringify(l);return a`<button class="chip" aria-pressed=${u?"true":"false"} ?disabled=${s?.kept.ended} @click=${()=>s?.setContext(r,u?void 0:c)}>
        ${t.value(r,c)}
      </button>`})}
  </div>`}function $s(n,e,t){let s=e.name??"",r=`context-${s}`,o=l=>{let c=l.target.value.trim();n.call?.setContext(s,c===""?void 0:Me(e,c))},i=n.call?.kept.context[s];return a`<div class="pick">
    <label class="field" for=${r} title=${e.description??""}>${t}</label>
    <input id=${r} type=${tn(e)} step="any" .value=${i?_s(i):""} ?disabled=${n.call?.kept.ended} @change=${o} />
  </div>`}function ks({texts:n,call:e},t){let s=t.name??"",r=n.label("context",s);return a`<div class="pick">
    <span class="field">${r}</span>
    <span class="chip set">${n.value(s,e?.kept.context[s]??{})}</span>
    ${e?.kept.ended?d:a`<button class="quiet" aria-label=${n.t("context.clear",{name:r})} @click=${()=>e?.setContext(s,void 0)}>×</button>`}
  </div>`}function Ss(n,e){let{texts:t,call:s}=n,r=e.find(l=>l.name===n.drafts.get("fact"))??e[0];if(r===void 0)return a``;let o=l=>{l.preventDefault();let c=l.target.elements.namedItem("fact-value");c.value.trim()!==""&&(s?.setContext(r.name??"",Me(r,c.value.trim())),c instanceof HTMLInputElement&&(c.value=""))},i=n.open.has("facts");return a`<div class="more-facts">
    <button class="quiet" aria-expanded=${i?"true":"false"} @click=${()=>n.toggle("facts")}><span aria-hidden="true">+</span> ${t.t("context.more")}</button>
    ${i?a`<form class="row" @submit=${o}>
          <label class="unseen" for="fact">${t.t("context.fact")}</label>
          <select id="fact" @change=${l=>n.draft("fact",l.target.value)}>
            ${e.map(l=>a`<option value=${l.name??""} ?selected=${l===r}>${t.label("context",l.name??"")}</option>`)}
          </select>
          <label class="unseen" for="fact-value">${t.t("context.value")}</label>
          ${r.type==="boolean"||(r.values?.length??0)>0?a`<select id="fact-value" name="fact-value">
                ${(r.type==="boolean"?["true","false"]:r.values??[]).map(l=>a`<option value=${l}>${t.value(r.name??"",Me(r,l))}</option>`)}
              </select>`:a`<input id="fact-value" name="fact-value" type=${tn(r)} step="any" placeholder=${r.description??""} autocomplete="off" />`}
          <button>${t.t("context.set")}</button>
        </form>`:d}
  </div>`}function tn(n){return n.type==="integer"||n.type==="number"?"number":n.type==="time"?"datetime-local":"text"}function Me(n,e){return n.type==="boolean"?{flag:e==="true"}:n.type==="integer"?{integer:String(Math.trunc(Number(e)))}:n.type==="number"?{number:Number(e)}:n.type==="time"?{time:new Date(e).toISOString()}:n.type==="strings"?{texts:{items:e.split(",").map(t=>t.trim())}}:{text:e}}function _s(n){return n.time!==void 0?n.time.slice(0,16):String(n.text??n.number??n.integer??n.texts?.items?.join(", ")??"")}function nn(n){let{texts:e}=n,t=[["F2","help.context"],["F4","help.actions"],["F8","help.caller"],["F9","help.wrap"],["↑ ↓","help.move"],...["presented","accepted","refused","later","unmentioned","undo","numbers"].map(s=>[e.t(`keys.${s}`).toUpperCase(),`help.${s}`]),["Esc","help.leave"]];return a`<dialog class="help" aria-labelledby="help-title" @close=${()=>n.help(!1)}>
    <h2 id="help-title">${e.t("help.title")}</h2>
    <dl>${t.map(([s,r])=>a`<div><dt><kbd>${s}</kbd></dt><dd>${e.t(r)}</dd></div>`)}</dl>
    <p class="faint">${e.t("help.letters")}</p>
    <label class="check"><input type="checkbox" .checked=${n.letters} @change=${s=>n.setLetters(s.target.checked)} /> ${e.t("help.letters.toggle")}</label>
    <form method="dialog"><button class="primary">${e.t("help.close")}</button></form>
  </dialog>`}function sn(n){let{texts:e,call:t}=n,s=t?.file?.matters??[];return a`<section class="panel matters" part="matters" data-region="matters" tabindex="-1" aria-labelledby="matters-title">
    <h2 id="matters-title">${e.t("matters.title")}</h2>
    ${s.length===0?a`<p class="faint">${e.t("matters.none")}</p>`:d}
    <ul class="plain">
      ${s.map(r=>a`<li class=${r.open?"matter open":"matter"} data-matter=${r.matterId}>${r.open?xs(n,r):Ts(n,r)}</li>`)}
    </ul>
    ${As(n)}
  </section>`}function rn(n){let{texts:e,call:t}=n,s=(t?.file?.matters??[]).filter(r=>r.open);return a`${s.map(r=>a`<p class="notice warn" data-banner>
      <span>${e.t("matters.banner",{title:r.title??""})}</span>
      <button class="quiet" @click=${()=>n.go("matters")}>${e.t("matters.go")}</button>
    </p>`)}`}function xs(n,e){let{texts:t}=n,s=n.call?.file?.contacts.at??Date.now(),r=e.mutedActions?.length??0,o=`note-${e.matterId}`,i=n.outbox.waiting.some(c=>c.body.matterId===e.matterId),l=c=>{c.preventDefault(),n.closeMatter(e.matterId??"",e.title??"")};return a`<div class="matter-head">
      <h3>${e.title}</h3>
      <span class="badge warn">${t.t("matters.open")}</span>
    </div>
    <p class="faint">
      ${t.t("matters.opened",{when:t.when(e.openedAt??0,s)})}${e.score!==void 0?a` · ${t.t("matters.score",{score:t.number(Number(e.score))})}`:d}
    </p>
    ${e.text?a`<p>${e.text}</p>`:d}
    ${e.advice?a`<p class="advice">${e.advice}</p>`:d}
    ${r>0?a`<p class="faint">${t.n("matters.mutes",r)}</p>`:d}
    ${on(n,e)}
    ${i?a`<p class="faint" role="status">${t.t("matters.closing")}</p>`:a`<form class="stack" @submit=${l} novalidate>
          <label for=${o}>${t.t("matters.note")}</label>
          <textarea id=${o} rows="2" maxlength="2000" .value=${n.drafts.get(o)??""} aria-invalid=${n.open.has(`missing:${o}`)?"true":d} aria-describedby=${n.open.has(`missing:${o}`)?`${o}-missing`:d} @input=${c=>n.draft(o,c.target.value)}></textarea>
          ${n.open.has(`missing:${o}`)?a`<p class="bad-text" id="${o}-missing">${t.t("matters.note.missing")}</p>`:d}
          <button>${t.t("matters.close")}</button>
        </form>`}`}function Ts(n,e){let{texts:t}=n,s=n.call?.file?.contacts.at??Date.now();return a`<div class="matter-head"><h3>${e.title}</h3></div>
    ${e.note?a`<p class="note" part="note">${e.note}</p>`:d}
    <p class="faint">${t.t("matters.closed",{when:t.when(e.closedAt??0,s),who:e.closedBy??""})}</p>
    ${on(n,e)}`}function on({texts:n},e){return a`${(e.earlierNotes??[]).map(t=>a`<p class="note">${t.text}</p>
      <p class="faint">${n.t("matters.closed",{when:n.when(t.at??0),who:t.by??""})}</p>`)}`}function As(n){let{texts:e}=n,t=n.open.has("complaint"),s=r=>{r.preventDefault(),n.complain()};return a`<button class="quiet" data-complain aria-expanded=${t?"true":"false"} @click=${()=>n.toggle("complaint")}>${e.t("matters.complain")}</button>
    ${t?a`<form class="stack" @submit=${s}>
          <label for="complaint">${e.t("matters.complain.text")}</label>
          <textarea id="complaint" rows="2" maxlength="2000" .value=${n.drafts.get("complaint")??""} @input=${r=>n.draft("complaint",r.target.value)}></textarea>
          <button>${e.t("matters.complain.save")}</button>
        </form>`:d}`}function an(n){let{texts:e,outbox:t,lost:s,call:r}=n,o=[r?.decideFault,r?.fileFault].filter(i=>i!==void 0&&!i.aboutKey&&!(s&&i.passing));return a`<div class="notices">
    ${n.keyFault?Cs(n,n.keyFault):d}
    ${s?a`<p class="notice warn">${e.t("link.lost.text")} <button class="quiet" @click=${()=>n.nudge()}>${e.t("fault.retry")}</button></p>`:d}
    ${o.slice(0,1).map(i=>a`<p class="notice bad">${Es(i,e)} <button class="quiet" @click=${()=>n.nudge()}>${e.t("fault.retry")}</button></p>`)}
    ${t.refused.length>0?Rs(n):d}
  </div>`}function Es(n,e){let t=n.violations.map(s=>`${s.field}: ${s.message}`).join("; ")||n.message;return e.t(`fault.${n.kind}`,{message:t})}function Rs({outbox:n,texts:e}){return a`<div class="notice bad">
    <p>${e.n("outbox.refused",n.refused.length)}</p>
    <ul class="plain">
      ${n.refused.map(t=>a`<li>
          ${t.label?a`<strong>${t.label}</strong>: `:d}${t.refused}
          <button class="quiet" @click=${()=>n.retry(t.id)}>${e.t("outbox.retry")}</button>
          <button class="quiet" @click=${()=>n.discard(t.id)}>${e.t("outbox.discard")}</button>
        </li>`)}
    </ul>
  </div>`}function Cs(n,e){let{texts:t}=n;return a`<form class="notice sign-in" @submit=${r=>{r.preventDefault();let o=r.target.elements.namedItem("key");o.value.trim()&&n.signIn(o.value.trim()),o.value=""}}>
    <h2>${t.t("key.title")}</h2>
    <p id="key-text">${t.t(e.kind==="wrong-key"?"key.wrong":"key.text")}</p>
    <label for="key">${t.t("key.label")}</label>
    <div class="row">
      <input id="key" name="key" type="password" autocomplete="off" aria-describedby="key-text" required />
      <button class="primary">${t.t("key.save")}</button>
    </div>
  </form>`}var Is=6;function cn(n){let{texts:e,call:t}=n,s=t?.file?.customer;return a`<section class="panel profile" part="profile" data-region="caller" tabindex="-1" aria-labelledby="profile-title">
    <h2 id="profile-title">${e.t("profile.title")}</h2>
    ${t?.file===void 0?a`<p class="faint">…</p>`:s?Ds(n,s):a`<p class="faint">${e.t("profile.unknown")}</p>`}
  </section>`}function Ds(n,e){let{texts:t}=n,s=Object.keys(e.attributes??{}).filter(l=>l!=="name").sort(),r=n.config.attributes?.filter(l=>s.includes(l))??s.slice(0,Is),o=n.open.has("attributes"),i=o?[...r,...s.filter(l=>!r.includes(l))]:r;return a`<dl class="facts-list">
      ${i.map(l=>a`<div><dt>${t.label("attribute",l)}</dt><dd>${t.value(l,e.attributes?.[l]??{})}</dd></div>`)}
    </dl>
    ${s.length>r.length?a`<button class="quiet" aria-expanded=${o?"true":"false"} @click=${()=>n.toggle("attributes")}>${t.t("profile.more")}</button>`:d}
    <h3>${t.t("profile.products")}</h3>
    ${ln(e.products??[],l=>t.label("product",l),t.t("profile.none"))}
    ${(e.segments?.length??0)>0?a`<h3>${t.t("profile.segments")}</h3>
          ${ln(e.segments??[],l=>t.label("segment",l),"")}`:d}
    <h3>${t.t("consents.title")}</h3>
    ${Ms(n,e)}`}function ln(n,e,t){return n.length===0?a`<p class="faint">${t}</p>`:a`<ul class="tags">${n.map(s=>a`<li>${e(s)}</li>`)}</ul>`}function Ms({texts:n,call:e},t){let s=e?.file?.contacts.doNotContact??t.doNotContact,r=(s?.channels??[]).map(i=>n.label("channel",i)).join(", ")||n.t("channel.all"),o=[...t.consents??[]].sort((i,l)=>(i.purpose??"").localeCompare(l.purpose??""));return a`${s?.listed?a`<p class="notice bad">${n.t("consent.dnc",{channels:r})}</p>`:d}
    ${o.length===0?a`<p class="faint">${n.t("consents.none")}</p>`:d}
    <ul class="consents">
      ${o.map(i=>{let l=i.status??"CONSENT_STATUS_UNSPECIFIED",c=i.validTo!==void 0&&Date.parse(i.validTo)<Date.now();return a`<li>
          <span>${n.label("purpose",i.purpose??"")} · ${i.channel==="*"?n.t("channel.all"):n.label("channel",i.channel??"")}</span>
          <span class=${l==="CONSENT_STATUS_GRANTED"&&!c?"yes":"no"}>${c?n.t("consent.expired"):n.t(`consent.${l}`)}${Ns(i,n)}</span>
        </li>`})}
    </ul>`}function Ns(n,e){return n.validTo?a` <small>${e.t("consent.until",{when:e.date(n.validTo)})}</small>`:n.validFrom?a` <small>${e.t("consent.since",{when:e.date(n.validFrom)})}</small>`:d}var Ps=Array.from({length:11},(n,e)=>e);function dn(n){let{texts:e,call:t}=n,s=t?.kept,r=(t?.proposals??[]).filter(o=>x(o)&&x(o)?.kind!=="unmentioned").length;return a`<section class="wrap" part="wrap-up" data-region="wrap" tabindex="-1" aria-labelledby="wrap-title">
    <h2 id="wrap-title">${e.t(s?.ended?"wrap.summary.title":"wrap.title")}</h2>
    ${s?.ended?a`<p>${e.n("wrap.summary",r)}</p>`:d}
    <div class="scores" role="toolbar" data-roving="scores" aria-label=${e.t("wrap.score")}>
      <span class="field" aria-hidden="true">${e.t("wrap.score")}</span>
      <span class="score-row">
        ${Ps.map(o=>a`<button class="chip score" data-score=${o} aria-pressed=${s?.score===o?"true":"false"} ?disabled=${s?.score!==void 0&&s.score!==o} @click=${()=>s?.score===void 0?n.score(o):void 0}>${o}</button>`)}
      </span>
    </div>
    ${s?.ended?d:a`<div class="row end-row">
          <button class="primary" data-end @click=${()=>n.end()}>${e.t("wrap.end")}</button>
          <p class="faint">${e.t("wrap.text")}</p>
        </div>`}
  </section>`}function un(n){return a`${n.speaker.view()}
    <div class="screen" part="screen" lang=${n.texts.language}>
      ${Bt(n)} ${an(n)} ${n.call?Os(n):Ls(n)}
    </div>
    ${n.helpOpen?nn(n):d}`}function Os(n){return a`<div class="columns">
    <div class="work">${rn(n)} ${en(n)} ${Kt(n)} ${dn(n)}</div>
    <div class="file">${sn(n)} ${cn(n)}</div>
    ${Yt(n)}
  </div>`}function Ls({texts:n,standalone:e,keyFault:t}){return t?d:a`<div class="idle">
    ${e?a`<h2>${n.t("ring.empty.title")}</h2>`:d}
    <p>${n.t("ring.empty.text")}</p>
  </div>`}var Ks=["presented","accepted","refused","later","unmentioned","undo","numbers"],Us=["customer","callId","baseUrl","channel","placement"],Ne=class extends _{constructor(){super(...arguments);this.customer="";this.callId="";this.baseUrl="";this.channel="";this.placement="";this.agent="";this.standalone=!1;this.theme="";this.config={};this.key="";this.pressed=t=>{let s=this.desk;!s||!(t instanceof KeyboardEvent)||Ut(t,{root:this.renderRoot,letters:s.letters,letter:r=>Ks.find(o=>s.texts.t(`keys.${o}`)===r),go:r=>this.go(r),leave:()=>s.choose(void 0),help:()=>s.help(!0)})}}static{this.styles=Vt}static{this.properties={customer:{type:String,reflect:!0},callId:{type:String,attribute:"call-id"},baseUrl:{type:String,attribute:"base-url"},channel:{type:String},placement:{type:String},agent:{type:String},standalone:{type:Boolean},theme:{type:String,reflect:!0},config:{attribute:"config",converter:{fromAttribute:t=>st(t??"{}")}}}}set apiKey(t){this.key=t,this.desk?.useKey(t)}get locale(){return this.lang||document.documentElement.lang||navigator.language}go(t){te(this.renderRoot,t)}connectedCallback(){super.connectedCallback(),this.desk=new ue(this,this.key),this.keys.addEventListener("keydown",this.pressed),this.desk.start()}disconnectedCallback(){super.disconnectedCallback(),this.keys.removeEventListener("keydown",this.pressed),this.desk?.stop(),this.desk=void 0}attributeChangedCallback(t,s,r){super.attributeChangedCallback(t,s,r),t==="lang"&&this.desk?.speak()}static get observedAttributes(){return[...super.observedAttributes,"lang"]}willUpdate(t){t.has("config")&&this.desk?.speak(),Us.some(s=>t.has(s))&&this.desk?.answer(),this.place=ht(this.renderRoot)}render(){return a`${this.desk?un(this.desk):""}`}updated(){let t=this.renderRoot;Jt(t),this.place&&mt(t,this.place);let s=t.querySelector("dialog");s&&this.desk?.helpOpen&&!s.open&&s.showModal()}drawn(t){this.updateComplete.then(()=>t(this.renderRoot))}emit(t,s){this.dispatchEvent(new CustomEvent(t,{detail:s,bubbles:!0,composed:!0}))}get keys(){return this.standalone?document:this}};customElements.define("nba-agent-screen",Ne);export{Ne as NbaAgentScreen};
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
