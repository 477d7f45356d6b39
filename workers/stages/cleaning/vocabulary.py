"""How pages that are no article call themselves and speak to their reader, in the languages of the press."""

import re
from typing import Final

from workers.stages.cleaning.words import WE, YOU

Pattern = re.Pattern[str]
START: Final = r"(?<![^\W\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])"  # of a word, where a language has spaces


def _whole(*phrases: str) -> Pattern:
    """One of these and nothing else; `*` stands for up to three words."""
    options = [p.strip().replace(" *", r"(?:\s+[^\s]+){0,3}") for line in phrases for p in line.split(",") if p.strip()]
    return re.compile(rf"\W*(?:{'|'.join(options)})\W*", re.IGNORECASE)


def _within(*phrases: str) -> Pattern:
    options = [p.strip() for line in phrases for p in line.split(",") if p.strip()]
    return re.compile(rf"{START}(?:{'|'.join(options)})", re.IGNORECASE)


# The beginning of a line that announces another page, or of one above links to other pages.
_ANNOUNCED: Final = (
    r"\W*(?:read (?:more|also|next|on)|also read|see also|more on this|related(?: (?:articles?|story|stories))?|up next"
    r"|don.t miss|watch|lesen sie (?:auch|mehr|hier)|lies auch|mehr zum thema|auch interessant|(?:à )?lire (?:aussi"
    r"|également)|(?:à )?voir aussi|sur le même sujet|lee (?:también|más)|[lt]e puede interesar|leggi anche"
    r"|per approfondire|leia (?:também|mais)|veja (?:também|mais)|lees (?:ook|meer|verder)|czytaj (?:także|też|również"
    r"|więcej)|zobacz (?:też|także|również)|чита(?:йте|ть) также|читайте ще|ayrıca (?:okuyun|bakın)|ilgili haber"
    r"|läs (?:också|även|mer)|les (?:også|mer)|læs (?:også|mere)|lue myös|lue lisää|čtěte (?:také|více)|citește și"
    r"|διαβάστε επίσης|baca juga|関連記事|延伸閱讀|延伸阅读|관련기사"
)
ELSEWHERE: Final = re.compile(_ANNOUNCED + r")\b[^.:：!?]{0,20}\s?[:：|»>–—-]", re.IGNORECASE)
ABOVE_LINKS: Final = re.compile(
    _ANNOUNCED
    + r"|more (?:from|about|stories|news)|further reading|recommended|you (?:may|might) (?:also|like)|das könnte"
    r"|diese artikel|weitere (?:artikel|themen|meldungen|nachrichten)|mehr (?:zu|von|aus)|passend dazu|dans la même"
    r"|más (?:sobre|noticias|información)|noticias relacionadas|potrebbe|altre notizie|saiba mais|meer (?:over|nieuws)"
    r"|przeczytaj|zobacz|больше (?:о|новостей)|ilgili)\b",
    re.IGNORECASE,
)
TO_READERS: Final = frozenset(f"{WE} {YOU}".split())


# The heading of a page about the site, or of one of its services.
STATIC: Final = _whole(
    "about, about us, about the *, about this (?:site|website|newspaper), who we are",
    "our (?:story|team|mission|staff), the team, meet the team, masthead, staff, contact, contacts, contact us",
    "get in touch, imprint, legal, legal (?:notice|information)",
    "privacy, privacy (?:policy|notice|statement|cent(?:er|re)|settings)",
    "(?:your )?privacy choices, disclaimer, cookies, cookie (?:policy|notice|settings|statement), terms",
    "terms (?:and|&) conditions, terms of *, user agreement, careers, jobs, vacancies, work (?:for|with) us",
    "advertis(?:e|ing), advertise with us, media kit, press, press office, faq, faqs, help",
    "help (?:cent(?:er|re)|desk|pages?)",
    "frequently asked questions, support, customer (?:service|support), site ?map, accessibility",
    "accessibility statement, (?:our )?newsletters?, sign up (?:for|to) our *, subscribe, subscriptions?",
    "subscribe *, support us, donate, donations?, membership, become a (?:member|supporter)",
    "(?:corrections|editorial|ethics|comments?|community) (?:policy|guidelines|standards|code|rules), corrections",
    "shop, rss, rss feeds, feeds, podcasts, our podcasts, events, calendar, what.s on, my account, log ?in",
    "sign in, register, crosswords?, puzzles, games, horoscopes?, classifieds, death notices, e-?paper, apps",
    "our apps, archives?, search, über uns, wir über uns, impressum, kontakt, datenschutz",
    "datenschutz(?:erklärung|hinweise?), agb, cookie-?richtlinie, allgemeine geschäftsbedingungen",
    "nutzungsbedingungen, karriere, stellenangebote, mediadaten, werben, hilfe, abo, abonnement, abonnements",
    "abo-?shop, leserservice, barrierefreiheit, spenden, unterstützen sie uns, das team, redaktion",
    "häufige fragen, veranstaltungen, termine, newsletter abonnieren, anmelden, suche, archiv, haftungsausschluss",
    "à propos, a propos, à propos de *, qui sommes[- ]nous, mentions légales, nous contacter, contactez[- ]nous",
    "emploi, politique de confidentialité, confidentialité, conditions *, cgu, cgv, publicité, aide",
    "foire aux questions, gestion des cookies, protection des données, données personnelles, faire un don",
    "soutenez[- ]nous, l.équipe, la rédaction, nos newsletters, abonnez[- ]vous *, plan du site, charte *",
    "recherche, recrutement, sobre nosotros, quiénes somos, acerca de *, contacto, contáctanos, aviso legal",
    "política de *, condiciones *, términos *, publicidad, suscríbete *, suscripciones, preguntas frecuentes",
    "ayuda, mapa (?:del|web) *, trabaja *, chi siamo, la redazione, contatti, contattaci, note legali",
    "informativa *, termini *, condizioni *, pubblicità, abbonamenti, abbonati *, lavora con noi",
    "domande frequenti, cookie policy, sostienici, mappa del sito, quem somos, sobre, sobre nós, sobre o *",
    "contato, contatos, contacte-nos, contactos, fale conosco, anuncie *, termos *, expediente, ficha técnica",
    "estatuto editorial, assinaturas?, assine *, perguntas frequentes, ajuda, over ons, colofon, contact opnemen",
    "privacyverklaring, privacybeleid, cookiebeleid, algemene voorwaarden, gebruiksvoorwaarden, adverteren",
    "vacatures, veelgestelde vragen, klantenservice, abonneren, steun ons, o nas, o serwisie, redakcja",
    "polityka *, regulamin *, reklama, praca, pomoc, prenumerata, wesprzyj nas, о нас, о проекте, о сайте",
    "о редакции, о компании, контакты, редакция, реклама, вакансии, подписка, правила *, политика *",
    "пользовательское соглашение, обратная связь, про нас, про проєкт, про видання, контакти, редакція",
    "hakkımızda, künye, iletişim, bize ulaşın, gizlilik *, çerez *, kullanım *, reklam, abonelik, abone ol",
    "kvkk *, om oss, om, kontakta oss, kontakt oss, integritetspolicy, personvern *, annonsera, annonsér",
    "prenumerera, om os, tietoa meistä, yhteystiedot, tietosuoja *, kdo jsme, kontakty, ochrana *, impresszum",
    "rólunk, kapcsolat, despre noi, 会社概要, 会社案内, 運営会社, お問い合わせ, 利用規約, プライバシーポリシー",
    "個人情報保護方針, サイトマップ, 当社について, 当サイトについて, 私たちについて, 关于我们, 联系我们, 隐私政策",
    "使用条款, 版权声明, 關於我們, 聯絡我們, 회사소개, 개인정보처리방침, 이용약관, من نحن, اتصل بنا",
    "سياسة الخصوصية, الشروط والأحكام",
)
# The same as the last part of an address.
STATIC_PATH: Final = re.compile(
    r"/(?:about(?:-?us|-the-[\w-]+)?|who-we-are|our-(?:team|story|mission)|contacts?(?:-?us)?|imprint|legal(?:-notice)?"
    r"|privacy(?:-?(?:policy|notice|statement|center|centre))?|cookies?-?(?:policy|notice|settings)|disclaimer"
    r"|terms(?:-(?:of|and)-[\w-]+)?|tos|careers|jobs|vacancies|advertis(?:e|ing)(?:-with-us)?|media-?kit|faqs?|help"
    r"|newsletters?|subscribe|subscriptions?|support-us|donate|membership|masthead|staff|sitemap|accessibility|rss|feeds"
    r"|log-?in|sign-?in|sign-?up|register|my-?account|podcasts?|events|calendar|crosswords?|puzzles|e-?paper"
    r"|ueber-uns|uber-uns|impressum|kontakt|datenschutz(?:erklaerung|hinweise?)?|agb|nutzungsbedingungen|karriere"
    r"|mediadaten|hilfe|abo|abonnements?|veranstaltungen|a-propos|qui-sommes-nous|mentions-legales|nous-contacter"
    r"|contactez-nous|politique-de-[\w-]+|confidentialite|conditions-[\w-]+|cgu|cgv|publicite|aide|sobre-nosotros"
    r"|quienes-somos|acerca-de|contacto|aviso-legal|politica-de-[\w-]+|suscripcion(?:es)?|chi-siamo|contatti"
    r"|note-legali|informativa-[\w-]+|abbonamenti|quem-somos|sobre(?:-nos)?|contat[ot]s?|contactos|fale-conosco"
    r"|termos-de-[\w-]+|expediente|assinaturas?|over-ons|colofon|privacyverklaring|algemene-voorwaarden|vacatures"
    r"|o-nas|polityka-[\w-]+|regulamin|prenumerata|redakcja|o-kompanii|o-proekte|kontakty|redaktsiya|pravila"
    r"|hakkimizda|kunye|iletisim|gizlilik(?:-[\w-]+)?|om-oss|om-os|kontakta-oss|integritetspolicy|personvern)"
    r"(?:\.\w{3,5})?/?$",
    re.IGNORECASE,
)
# The heading of a list: the word and no more, or what is listed behind a colon or in quotation marks.
LIST_WORDS: Final = (
    "(?:tags?|tagged|categor(?:y|ies)|topics?|archives?|archive for|authors?|articles? by|posts? by|stories by|browse"
    r"|search(?: results?)?(?: for)?|results? for|latest(?: news| stories| updates)?"
    "|all (?:news|articles|stories|posts)"
    "|most (?:read|popular)|more (?:news|stories)|news ?ticker|live ?ticker|headlines|today|home|home ?page|front ?page"
    "|schlagw[oö]rt(?:er)?|stichwort|themen?|kategorien?|rubrik|archiv|such(?:e|ergebnisse?)(?: für| nach)?"
    "|alle (?:artikel|nachrichten|beiträge|themen)|artikel von|beiträge von|autor(?:in)?|startseite|meistgelesen"
    "|étiquettes?|mots?-clés?|catégories?|rubriques?|thèmes?|recherche|résultats?(?: de recherche)?(?: pour)?|auteur"
    "|tous les (?:articles|sujets)|articles de|accueil|dernières (?:actualités|nouvelles)|en continu|les plus lus"
    "|etiquetas?|categorías?|temas?|archivo|búsqueda|resultados?(?: de (?:la )?búsqueda)?(?: para| de)?|autora?"
    "|últimas noticias|portada|todas las noticias|categori[ae]|argomento|ricerca|risultati(?: per| della ricerca)?"
    "|archivio|autor[ei]|ultime notizie|tutte le notizie|busca|pesquisa|resultados? da (?:busca|pesquisa)|arquivo"
    "|últimas(?: notícias)?|onderwerp(?:en)?|categorie|zoek(?:en|resultaten)(?: voor)?|archief|auteur|laatste nieuws"
    "|tagi?|kategori[ae]|temat|wyniki(?: wyszukiwania)?(?: dla)?|szukaj|archiwum|autor|najnowsze|wszystkie artykuły"
    "|тег|теги|метка|рубрика|категория|тема|поиск|результаты(?: поиска)?(?: по запросу)?|архив|автор|последние новости"
    "|лента новостей|новости|пошук|результати пошуку|новини|стрічка новин|категорія|etiket|kategori|konu|arama"
    "|arama sonuçları|arşiv|yazar|son dakika|tüm haberler|tagg|ämne|sök|sökresultat|arkiv|senaste nytt|søk|emne"
    "|タグ|カテゴリー?|検索結果|一覧|新着(?:記事|ニュース)?|标签|分类|搜索结果|最新新闻|태그|검색 결과|وسم|نتائج البحث)"
)
LIST: Final = re.compile(
    rf"\W*(?:{LIST_WORDS}\s*(?:[:：|»>]\s*.{{1,60}}|[\"“„«'].{{1,60}}|[-–]?\s*\d{{0,4}})|.{{1,40}}\s(?:archives?|一覧)"
    r"|.{1,60}[-–|,(]\s*(?:page|seite|p[áa]gin[ae]|страница|sayfa|strona)\s+\d+\W*)",
    re.IGNORECASE,
)
LIST_PATH: Final = re.compile(
    r"/(?:tags?|topics?|category|categories|kategorie|kategoria|categoria|rubrik|rubrique|thema|themen|temas?|authors?"
    r"|autor(?:en|es)?|auteurs?|search|suche|recherche|busca|buscar|zoeken|szukaj|archives?|archiv|archivo|archivio"
    r"|sections?|page/\d+|gallery|galleries|galerie|fotostrecken?|bildergalerien?|people|profiles?|contributors?|label|etiqueta"
    r"|etiket|tagi|teg|mot-cle|dossiers?|ticker|newsticker|live-?ticker)(?:/|$)",
    re.IGNORECASE,
)
LIST_TYPES: Final = frozenset("collectionpage searchresultspage itemlist imagegallery profilepage".split())
OTHER_TYPES: Final = frozenset("product aboutpage contactpage checkoutpage quiz jobposting videogallery".split())
SERVICE: Final = _within(
    "weather, forecast, wetter, vorhersage, météo, tiempo en, el tiempo, pronóstico, meteo, previsioni, previsão",
    "het weer, weersverwachting, pogoda, погода, прогноз погоды, hava durumu, väder, vær i",
    "tv (?:guide|listings|schedule), fernsehprogramm, tv-programm, programme tv, programmi tv, stasera in tv",
    "programación, гороскоп, horoskop, horoscope, share price, stock price, exchange rates?, börsenkurse",
    "aktienkurs, cours de (?:la )?bourse, курсы? валют, borsa, fixtures, standings, league tables?",
    "(?:live )?scores, spielplan, tabelle, classement, clasificación, classifica, traffic (?:news|cameras?)",
    "verkehrslage, info trafic, lottery (?:results|numbers), lottozahlen, quiz, crossword, 天気, 番組表, 占い",
    "天气, 날씨",
)
PICTURES: Final = _within(
    "in pictures, in photos, pictures of the, photos of the, photo gallery, gallery, slideshow, picture gallery",
    "bildergalerie, fotostrecke, in bildern, die besten bilder, en images, en photos, diaporama, galerie",
    "en imágenes, fotogalería, las fotos, in immagini, fotogallery, le foto, em imagens, galeria, em fotos",
    "in beeld, fotoserie, galeria zdjęć, zdjęcia, фотогалерея, фоторепортаж, в фотографиях, foto galeri",
    "fotoğraflarla, bildspel, 写真特集",
)
PICTURES_PATH: Final = re.compile(
    r"/(?:galler(?:y|ies)|galeri[ae]s?|photos?|pictures?|in-pictures|bilder|bildergalerie|fotostrecke|fotos?|slideshows?"
    r"|diaporamas?|foto-?galer\w+)(?:/|-|$)",
    re.IGNORECASE,
)
VIDEO_PATH: Final = re.compile(r"/(?:videos?|watch|mediathek|tv|clips?)(?:/|$)", re.IGNORECASE)
VIDEO: Final = _within("watch, video, videos, vidéo, vídeo, видео, відео, 動画, 视频")
PAGE: Final = (
    "page|seite|beitrag|artikel|inhalt|article|story|content|página|pagina|artículo|contenido|articolo|artigo|conteúdo"
    "|strona|strony|artykuł\\w*|страниц\\w*|стат\\w+|материал|сторінк\\w*|sayfa|içerik|sida|sidan|siden|stránka|oldal"
)
MISSING: Final = (
    "not (?:be )?found|n.t (?:be )?found|could(?: not|n.t) find|can(?:not|.?t) find|does(?: not|n.t) exist|no longer"
    "|unavailable|isn.t (?:here|available)|has (?:been )?(?:moved|removed|deleted|drifted|gone|expired)|nicht gefunden"
    "|nicht (?:mehr )?(?:verfügbar|vorhanden)|existiert nicht|introuvable|pas (?:été )?trouvée?|n.existe (?:pas|plus)"
    "|n.est plus disponible|no (?:se ha |hemos )?encontra\\w+|no existe|ya no está|non esiste"
    "|non (?:è stata )?trovat[ao]"
    "|não (?:foi )?encontrad[ao]|não existe|niet (?:worden )?gevonden|bestaat niet|nie znale\\w+|nie istnieje"
    "|не найден\\w*|не существует|не знайдено|не існує|bulunamadı|mevcut değil|hittades inte|finns inte|ikke funnet"
    "|findes ikke|ei löytynyt|nenalezen\\w*|neexistuje|nem található|nu a fost găsit\\w*|δεν βρέθηκε|غير موجودة"
)
NOT_FOUND: Final = re.compile(
    rf"(?<!\w)(?:(?:{PAGE})\b.{{0,40}}(?:{MISSING})|(?:{MISSING}).{{0,30}}\b(?:{PAGE})|(?:error|fehler|erreur|błąd|erro"
    r"|errore|ошибка|помилка|hata|fel|feil|chyba|hiba)\W{0,3}(?:4\d\d|5\d\d)|(?:4(?:04|10)|50[0234])\s*(?:$|[-–:|!.]|error"
    r"|not found|fehler|page)|internal server error|service unavailable|bad gateway|under maintenance"
    r"|something went wrong|wartungsarbeiten|en maintenance|mantenimiento|manutenzione|manutenção|przerwa techniczna"
    r"|prace serwisowe|технические работы|bakım çalışması|gerade nicht erreichbar|temporarily unavailable"
    r"|ページが見つかりません|ページは存在しません|お探しのページ|页面不存在|找不到|頁面不存在"
    r"|페이지를 찾을 수 없습니다)",
    re.IGNORECASE,
)
BARELY_FOUND: Final = re.compile(rf"(?:oops|ups|hoppla|oups|sorry|404|\W)*(?:{MISSING})\W*", re.IGNORECASE)
LOGIN: Final = _within(
    "log ?in, sign ?in, log on, welcome back, create (?:an|your) account, register to, members? only, client area",
    "password, anmelden, einloggen, passwort, melden sie sich an, konto, connectez-vous, se connecter",
    "identifiez-vous, connexion, mot de passe, inici(?:a|e|ar) sesión, contraseña, accedi, accesso, faça login",
    "entrar, senha, inloggen, wachtwoord, zaloguj, logowanie, hasło, войдите, войти, вход, авториз, пароль",
    "увійдіть, увійти, giriş yap, şifre, oturum aç, logga in, lösenord, logg inn, log ind, ログイン, 登录, 登入",
    "로그인, تسجيل الدخول",
)
CONSENT: Final = _within(
    "cookies?, consent, tracking, personal data, our partners, gdpr, privacy, einwillig, zustimm, datenschutz",
    "werbung, personenbezogen, partner, akzeptier, consentement, traceurs, données personnelles, partenaires",
    "consentimiento, datos personales, socios, consenso, dati personali, terze parti, consentimento",
    r"dados pessoais, parceiros, toestemming, derden, persoonsgegevens, akkoord, ciasteczk, plik\\w* cookie",
    r"zgod[ayę], dane osobowe, файл\\w* cookie, куки, персональн\\w+ данн, согласи, çerez\\w*, kişisel veri, onay",
    "kakor, samtyck, informasjonskapsl, クッキー, 同意",
)
ACCEPT: Final = _within(
    "accept, agree, allow, i consent, got it, continue, ok$, akzeptier, zustimm, einverstanden, weiter, accepter",
    "j.accepte, d.accord, continuer, acept, consentir, accett, acconsent, continua, aceit, concord, akkoord",
    "accepteer, ga door, zgadzam, akceptuj, przejdź, принять, принимаю, соглас, прийняти, kabul, onayl, godkänn",
    "acceptera, godta, tillad, 同意, 동의, موافق",
)
BOT: Final = _within(
    "are you (?:over|at least) \\d\\d, of legal (?:drinking )?age, sind sie (?:über|mindestens) \\d\\d",
    "avez-vous plus de \\d\\d, eres mayor de edad, sei maggiorenne, tem mais de \\d\\d",
    "verify (?:that )?you.?(?: are|re) (?:a )?human, are you (?:a )?(?:human|robot), captcha, access denied",
    "unusual traffic, checking (?:your browser|if the site), just a moment, security check, blocked",
    "you have been blocked, ray id, ddos, unavailable in your (?:region|country)",
    "not available in your (?:region|country), access this website from a country",
    "in ihre(?:m|r) (?:land|region) nicht verfügbar, indisponible dans votre, no disponible en su",
    "attention required, review the security of your connection, zugriff verweigert, sicherheitsüberprüfung",
    "accès refusé, vérification de sécurité, acceso denegado, accesso negato, acesso negado, доступ запрещ",
    "вы не робот, erişim engel",
)
PAYWALL: Final = _within(
    "subscribe (?:now )?to (?:continue|read|unlock|keep), continue reading",
    "to (?:read|continue reading|unlock) (?:this|the), already a (?:subscriber|member), for subscribers",
    "subscribers? only, subscriber exclusive, unlock this, (?:read|see) the offers",
    "um (?:diesen artikel )?weiterzulesen, jetzt weiterlesen, weiterlesen mit, nur für abonnent",
    "exklusiv für abonnent, bereits abonn, réservé aux abonnés, pour lire la suite, lire la suite, il vous reste",
    "déjà abonné, article abonnés, para seguir leyendo, solo para suscriptores, exclusivo para suscriptores",
    "ya (?:eres|es) suscriptor, suscríbete para, per continuare a leggere, continua a leggere",
    "riservato agli abbonati, sei già abbonato, abbonati per, para continuar, exclusivo para assinantes",
    "já é assinante, assine para, verder lezen, lees verder, alleen voor abonnees, al abonnee, word abonnee om",
    "aby czytać dalej, czytaj dalej, tylko dla prenumerator, masz już prenumeratę, чтобы (?:дочитать|прочитать)",
    "только (?:для|по) подпис, оформите подписку, уже подписаны, okumaya devam, abonelere özel, zaten abone",
    "för att läsa vidare, redan prenumerant, läs vidare, for å lese videre, allerede abonnent, 会員限定",
    "続きを読む, 有料会員, 구독자 전용, 付费阅读",
)
SCRIPTS_ON: Final = re.compile(
    r"\b(?:enable|activate|requires?|turn on)\b.{0,20}\bjava ?script"
    r"|java ?script.{0,60}\b(?:enable|activ|aktiv|disabled)"
    r"|without java ?script|ohne java ?script|sans java ?script",
    re.IGNORECASE,
)
PARKED: Final = _within(
    "domain (?:name )?(?:is|may be|might be) (?:for sale|parked|available), buy this domain, this domain",
    "sponsored listings, inquire about this domain, domain (?:has )?expired, parked (?:free|domain), diese domain",
    "domain kaufen, domain steht, zum verkauf, ce (?:nom de )?domaine, domaine est (?:à vendre|en vente)",
    "este dominio, dominio (?:en|in) vend, questo dominio, dit domein, domein is te koop, domena jest na sprzedaż",
    "ta domena, домен (?:продаётся|продается|припаркован), bu alan adı",
)
