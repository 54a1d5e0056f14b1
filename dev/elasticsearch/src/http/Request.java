package sk2siem.http;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.elasticsearch.common.bytes.BytesArray;
import org.elasticsearch.common.bytes.BytesReference;
import org.elasticsearch.http.HttpBody;
import org.elasticsearch.http.HttpRequest;
import org.elasticsearch.http.HttpResponse;
import org.elasticsearch.rest.ChunkedRestResponseBodyPart;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestStatus;

/** A request that has been read to its end; its headers are found whatever their case. */
record Request(RestRequest.Method method, String uri, Map<String, List<String>> headers, HttpBody body) implements HttpRequest {

    static Request of(RestRequest.Method method, String uri, Map<String, List<String>> headers, byte[] content) {
        HttpBody body = content.length == 0 ? HttpBody.empty() : HttpBody.fromBytesReference(new BytesArray(content));
        return new Request(method, uri, headers, body);
    }

    boolean accepts(String encoding) {
        return headers.getOrDefault("accept-encoding", List.of()).stream().anyMatch(value -> value.contains(encoding));
    }

    @Override
    public Map<String, List<String>> getHeaders() {
        return headers;
    }

    @Override
    public HttpRequest removeHeader(String name) {
        Map<String, List<String>> others = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        others.putAll(headers);
        others.remove(name);
        return new Request(method, uri, others, body);
    }

    @Override
    public boolean hasContent() {
        return !body.isEmpty();
    }

    @Override
    public HttpResponse createResponse(RestStatus status, BytesReference content) {
        return Response.whole(status, content);
    }

    @Override
    public HttpResponse createResponse(RestStatus status, ChunkedRestResponseBodyPart firstPart) {
        return Response.chunked(status, firstPart);
    }

    @Override
    public void setBody(HttpBody other) {
        throw new UnsupportedOperationException("the body has been read already");
    }

    @Override
    public List<String> strictCookies() {
        return List.of();
    }

    @Override
    public HttpVersion protocolVersion() {
        return HttpVersion.HTTP_1_1;
    }

    @Override
    public Exception getInboundException() {
        return null;
    }

    @Override
    public void release() {}
}
