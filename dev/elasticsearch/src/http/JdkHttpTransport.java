package sk2siem.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.elasticsearch.common.network.NetworkService;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.util.PageCacheRecycler;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.http.AbstractHttpServerTransport;
import org.elasticsearch.http.HttpPreRequest;
import org.elasticsearch.http.HttpServerChannel;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.telemetry.TelemetryProvider;
import org.elasticsearch.threadpool.ThreadPool;
import org.elasticsearch.transport.BytesRefRecycler;
import org.elasticsearch.xcontent.NamedXContentRegistry;

/** Elasticsearch's HTTP layer on the JDK's own server: one thread per request, bodies whole, gzip both ways. */
final class JdkHttpTransport extends AbstractHttpServerTransport {

    private static final Set<String> SET_BY_THE_JDK = Set.of("content-length", "connection", "transfer-encoding");
    private static final int NO_BODY = -1;

    private final BiConsumer<HttpPreRequest, ThreadContext> requestContext;
    private final ExecutorService workers = Executors.newCachedThreadPool(JdkHttpTransport::worker);

    JdkHttpTransport(
        Settings settings,
        NetworkService network,
        PageCacheRecycler recycler,
        ThreadPool threadPool,
        NamedXContentRegistry contentRegistry,
        Dispatcher dispatcher,
        ClusterSettings clusterSettings,
        TelemetryProvider telemetry,
        BiConsumer<HttpPreRequest, ThreadContext> requestContext
    ) {
        super(
            settings, network, new BytesRefRecycler(recycler), threadPool, contentRegistry, dispatcher, clusterSettings, telemetry
        );
        this.requestContext = requestContext;
    }

    @Override
    protected void startInternal() {
        bindServer();
    }

    @Override
    protected void stopInternal() {
        workers.shutdown();
    }

    @Override
    protected void populatePerRequestThreadContext(RestRequest request, ThreadContext context) {
        requestContext.accept(request.getHttpRequest(), context);
    }

    @Override
    protected HttpServerChannel bind(InetSocketAddress address) throws IOException {
        HttpServer server = HttpServer.create(address, 0);
        server.setExecutor(workers);
        server.createContext("/", this::handle);
        server.start();
        return new ListeningChannel(server);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange; RequestChannel channel = new RequestChannel(exchange.getLocalAddress(), exchange.getRemoteAddress())) {
            Request request;
            try {
                request = read(exchange);
            } catch (Refusal refusal) {
                refuse(exchange, refusal.status);
                return;
            }
            serverAcceptedChannel(channel);
            incomingRequest(request, channel);
            channel.deliver(response -> write(exchange, request, response));
        }
    }

    private Request read(HttpExchange exchange) throws IOException, Refusal {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(exchange.getRequestHeaders());
        List<String> encoding = headers.remove("content-encoding");
        byte[] content = readBody(exchange.getRequestBody(), List.of("gzip").equals(encoding));
        return Request.of(method(exchange), exchange.getRequestURI().toString(), headers, content);
    }

    private byte[] readBody(InputStream stream, boolean packed) throws IOException, Refusal {
        int limit = Math.toIntExact(maxContentLength.getBytes());
        try {
            InputStream body = packed ? new GZIPInputStream(stream) : stream;
            byte[] content = body.readNBytes(limit);
            if (content.length == limit && body.read() != -1) {
                throw new Refusal(RestStatus.REQUEST_ENTITY_TOO_LARGE);
            }
            return content;
        } catch (ZipException | EOFException damaged) {
            throw new Refusal(RestStatus.BAD_REQUEST);
        }
    }

    private static RestRequest.Method method(HttpExchange exchange) throws Refusal {
        try {
            return RestRequest.Method.valueOf(exchange.getRequestMethod());
        } catch (IllegalArgumentException unknown) {
            throw new Refusal(RestStatus.METHOD_NOT_ALLOWED);
        }
    }

    private void write(HttpExchange exchange, Request request, Response response) throws Exception {
        byte[] body = response.body(recycler);
        Headers headers = exchange.getResponseHeaders();
        response.headers().forEach((name, values) -> {
            if (!SET_BY_THE_JDK.contains(name.toLowerCase(Locale.ROOT))) {
                headers.put(name, values);
            }
        });
        if (request.method() == RestRequest.Method.HEAD) {
            headers.set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(response.status(), NO_BODY);
            return;
        }
        if (body.length > 0 && request.accepts("gzip")) {
            headers.set("Content-Encoding", "gzip");
            body = gzip(body);
        }
        exchange.sendResponseHeaders(response.status(), body.length == 0 ? NO_BODY : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void refuse(HttpExchange exchange, RestStatus status) throws IOException {
        exchange.getResponseHeaders().set("Connection", "close"); // the rest of the body stays unread
        exchange.sendResponseHeaders(status.getStatus(), NO_BODY);
    }

    private static byte[] gzip(byte[] body) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(body);
        }
        return packed.toByteArray();
    }

    private static Thread worker(Runnable task) {
        // Elasticsearch's own checks on thread names want this prefix
        Thread thread = new Thread(task, "http_server_worker");
        thread.setDaemon(true);
        return thread;
    }

    /** The request does not get as far as Elasticsearch. */
    private static final class Refusal extends Exception {
        private final RestStatus status;

        Refusal(RestStatus status) {
            this.status = status;
        }
    }
}
