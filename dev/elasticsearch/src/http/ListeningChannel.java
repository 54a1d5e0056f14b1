package sk2siem.http;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.SubscribableListener;
import org.elasticsearch.http.HttpServerChannel;

/** The listening socket, as Elasticsearch sees it. */
final class ListeningChannel implements HttpServerChannel {

    private final HttpServer server;
    private final SubscribableListener<Void> closed = new SubscribableListener<>();

    ListeningChannel(HttpServer server) {
        this.server = server;
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return server.getAddress();
    }

    @Override
    public boolean isOpen() {
        return !closed.isDone();
    }

    @Override
    public void addCloseListener(ActionListener<Void> listener) {
        closed.addListener(listener);
    }

    @Override
    public void close() {
        if (isOpen()) {
            server.stop(0);
            closed.onResponse(null);
        }
    }
}
