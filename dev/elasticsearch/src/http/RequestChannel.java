package sk2siem.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.SubscribableListener;
import org.elasticsearch.http.HttpChannel;
import org.elasticsearch.http.HttpResponse;

/** The way back of one request: Elasticsearch answers on any of its threads, the request's own thread writes the answer. */
final class RequestChannel implements HttpChannel {

    /** Puts a response on the wire. */
    interface Writer {
        void write(Response response) throws Exception;
    }

    private record Answer(Response response, ActionListener<Void> sent) {}

    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final SubscribableListener<Void> closed = new SubscribableListener<>();

    RequestChannel(InetSocketAddress local, InetSocketAddress remote) {
        this.local = local;
        this.remote = remote;
    }

    /** Waits for the answer, writes it, and tells Elasticsearch, which then releases the request's memory. */
    void deliver(Writer writer) throws IOException {
        Answer ready = await();
        try {
            writer.write(ready.response());
        } catch (Exception failure) {
            ready.sent().onFailure(failure);
            throw new IOException("the answer could not be sent", failure);
        }
        ready.sent().onResponse(null);
    }

    private Answer await() throws IOException {
        try {
            return answer.get();
        } catch (ExecutionException | InterruptedException noAnswer) {
            throw new IOException("the server closed the connection before it answered", noAnswer);
        }
    }

    @Override
    public void sendResponse(HttpResponse response, ActionListener<Void> sent) {
        answer.complete(new Answer((Response) response, sent));
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return local;
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
        return remote;
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
        answer.completeExceptionally(new IOException("closed"));
        closed.onResponse(null);
    }
}
